#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/examples, as they stand there, with a real daemon."""
import os
import pathlib
import subprocess
import unittest

from ctl_harness import CtlTest, WATCHDOG_S

EXAMPLES = pathlib.Path(os.environ["CONTINUO_SOURCE_DIR"]) / "docs" / "examples"


class ExamplesTest(CtlTest):
    def run_example(self, *command):
        completed = subprocess.run(
            [str(word) for word in command], env=self.home.environment, cwd=self.work, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=WATCHDOG_S)
        self.assertEqual(completed.returncode, 0, completed.stderr + completed.stdout)
        return completed.stdout

    def test_python(self):
        out = self.run_example("/usr/bin/python3", EXAMPLES / "generate.py", "out.mid", "--bars", 4,
                               "--seed", 7, "--model", "fake-notes")
        for word in ("fake-notes@1.0.0", "seed 7", "candidate 2", "done in", "2 candidates"):
            self.assertIn(word, out)
        self.succeeds("generate", "melody", "--bars", 4, "--seed", 7, "--model", "fake-notes",
                      "--candidates", 2, "-o", "same.mid")
        self.assertEqual((self.work / "out.mid").read_bytes(), (self.work / "same.mid").read_bytes())

    def test_python_tells_what_the_daemon_refuses(self):
        completed = subprocess.run(
            ["/usr/bin/python3", str(EXAMPLES / "generate.py"), "out.mid", "--model", "none-such"],
            env=self.home.environment, cwd=self.work, text=True, stderr=subprocess.PIPE,
            stdout=subprocess.PIPE, timeout=WATCHDOG_S)
        self.assertEqual(completed.returncode, 1)
        self.assertIn("NOT_FOUND", completed.stderr)
        self.assertFalse((self.work / "out.mid").exists())

    def test_shell_by_reflection(self):
        out = self.run_example(EXAMPLES / "generate.sh", 2, "Dm", 7, "fake-notes")
        for word in ("started {", 'model: "fake-notes"', "candidate {", "done {", "record_id:"):
            self.assertIn(word, out)


if __name__ == "__main__":
    unittest.main()
