# SPDX-License-Identifier: Apache-2.0
"""A model that tries what a hostile one would: in a confined runner nothing of it succeeds, and
all of it where confinement is switched off, so that the trial is one."""

import unittest

import numpy

from ctl_harness import CtlTest, read_wav, write_wav

# daemon/executor/fake/intruder.h
DEEDS = ("read a file of the user", "write it", "make another", "rename it", "open a TCP socket",
         "open a Unix socket", "fork", "run a program", "signal the daemon",
         "read the daemon's environment")


class IntruderTest(CtlTest):
    @classmethod
    def configure(cls):
        secret = cls.home.path / "secret"
        secret.write_text("of the user")
        cls.home.environment["CONTINUO_FAKE_SECRET"] = str(secret)

    def deeds(self):
        """What the intruder could do."""
        write_wav(self.work / "in.wav", numpy.zeros((256, 1)), 48000)
        self.succeeds("process", "in.wav", "out.wav", "--model", "fake-intruder", "--set",
                      "intrude=1")
        samples = read_wav(self.work / "out.wav")[0]
        mask = round(samples[0, 0] * 1024)
        return [deed for bit, deed in enumerate(DEEDS) if mask >> bit & 1]

    def confinement(self):
        return self.ctl("--json", "status").json["runners"][0]["confinement"]


class Confined(IntruderTest):
    def test_nothing_succeeds(self):
        self.assertEqual(self.deeds(), [])
        self.assertEqual((self.home.path / "secret").read_text(), "of the user")
        self.assertFalse((self.home.path / "secret.other").exists())
        self.assertIn("seccomp", self.confinement())
        self.assertIn("Landlock", self.confinement())
        self.assertIn("confined by", self.succeeds("status").out)


class Free(IntruderTest):
    configuration = "[runner]\nconfine = false\n"

    def test_all_succeeds(self):
        self.assertEqual(self.deeds(), list(DEEDS))
        self.assertEqual(self.confinement(), "off")


if __name__ == "__main__":
    unittest.main()
