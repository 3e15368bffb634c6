#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The memory budget where the kernel holds it too: the daemon and its runners in a control group
(memory_group.py), in which a page too many ends a process."""
import json
import subprocess
import sys
import unittest

from ctl_harness import noise, wait_until, write_wav
from memory_case import MIB, LimitedCase, Sampler

MODEL_MIB = 24


class BudgetTest(LimitedCase):
    """The group's limit is the budget itself: daemon, runners and three of the models."""
    limit_mib = 128
    configuration = '[memory]\nbudget = "%d MiB"\nwait_s = 30\n' % limit_mib

    @classmethod
    def configure(cls):
        super().configure()
        for i in range(10):
            cls.package("m%d" % i, [("fp32", MODEL_MIB)])
        for i in range(3):
            cls.package("n%d" % i, [("fp32", MODEL_MIB)], notes=True)

    def test_ten_models_go_through_a_budget_of_three(self):
        write_wav(self.work / "in.wav", noise(4800, 1), 48000)
        before = self.memory()
        self.assertEqual(before["budget_bytes"], self.limit_mib * MIB)
        with Sampler(self.daemon_process.pid, self.group.read) as sampler:
            for turn in range(2):
                for i in range(10):
                    if turn == 0:
                        self.succeeds("models", "load", "m%d" % i)
                    else:
                        self.succeeds("process", "in.wav", "out.wav", "--model", "m%d" % i,
                                      "--force")
                    held = self.memory()
                    self.assertLessEqual(held["used_bytes"], held["budget_bytes"], held)
                    self.assertIn("m%d" % i, self.loaded())
            for i in range(3):
                self.succeeds("generate", "melody", "--model", "n%d" % i, "--bars", "1",
                              "-o", "n%d.mid" % i)
        after = self.memory()
        self.assertGreaterEqual(len(self.loaded()), 2)
        self.assertGreaterEqual(after["evicted"] - before["evicted"], 16)
        self.assertEqual(after["refused"], before["refused"])
        print("budget %d MiB, most held %.1f MiB in %d samples" % (
            self.limit_mib, sampler.most / MIB, sampler.samples))
        self.assertGreater(sampler.samples, 50)
        self.assertGreater(sampler.most, 2 * MODEL_MIB * MIB)
        self.assertLessEqual(sampler.most, self.limit_mib * MIB)
        if self.group.read is None:
            return
        read = self.group.read
        print("of the group: peak %.1f MiB with pages of files, most that cannot be dropped "
              "%.1f MiB, %d times full, %d killed" % (
                  read.peak_bytes() / MIB, sampler.most_kept / MIB, read.times_full(),
                  read.kills()))
        self.assertEqual(read.kills(), 0)
        self.assertGreater(sampler.most_kept, 2 * MODEL_MIB * MIB, "it was not in the group")
        self.assertLessEqual(sampler.most_kept, self.limit_mib * MIB)
        self.assertLessEqual(read.peak_bytes(), self.limit_mib * MIB)


class PressureTest(LimitedCase):
    """A model that ships, and the variant in 8 bits that is made of it here, in a group that
    another process fills."""
    limit_mib = 1024
    configuration = '[memory]\nbudget = "256 MiB"\n'

    def variant(self):
        self.unload_all()
        return self.succeeds("--json", "models", "load", "melody").json["variant"]

    def fill(self):
        """A process in the group that takes all but 30 MiB of it."""
        free = self.limit_mib * MIB - self.group.read.kept_bytes() - 30 * MIB
        process = subprocess.Popen(
            [sys.executable, "-c", "import sys; x = bytearray(b'x') * %d; print('full', flush=True); sys.stdin.read()" %
             free],
            preexec_fn=self.group.enter, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.communicate)
        self.assertEqual(process.stdout.readline(), b"full\n")
        return process

    def test_a_smaller_variant_is_taken_while_the_group_is_full(self):
        if self.group.read is None:
            self.skipTest("no control group can be made: " + self.group.words)
        made = self.succeeds("--json", "models", "optimize", "melody", "--precision", "int8",
                             "--keep-all").json
        small = made["kept"]
        self.assertEqual(len(small), 1, made)
        self.succeeds("models", "variant", "melody", "fused")
        self.assertEqual(self.variant(), "fused")
        self.unload_all()
        filler = self.fill()
        self.assertTrue(self.memory()["pressure"]["short_of_memory"], self.memory()["pressure"])
        # Without a runner, nobody has looked at the group since it has filled.
        self.assertEqual(self.variant(), small[0])
        self.assertIn("melody 1.0.0: variant %s" % small[0], self.succeeds("memory").out)
        events = self.succeeds("--json", "generate", "melody", "--model", "melody", "--bars", "1",
                               "--seed", "5", "-o", "small.mid").out.splitlines()
        plans = [event["started"]["plan"] for event in map(json.loads, events) if "started" in event]
        self.assertEqual([plan["variant"] for plan in plans], small)
        filler.communicate()
        wait_until("it is short no more",
                   lambda: not self.memory()["pressure"]["short_of_memory"])
        self.assertEqual(self.variant(), "fused")
        self.assertEqual(self.group.read.kills(), 0)


if __name__ == "__main__":
    unittest.main()
