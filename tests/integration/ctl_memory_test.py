#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The memory budget with real processes: a daemon, its runners, models whose weights really take
memory, streams and jobs that use them."""
import json
import pathlib
import threading
import unittest

import numpy

import nam_models
from ctl_harness import OK, REFUSED, USAGE, WATCHDOG_S, wait_until
from memory_case import MIB, MemoryCase, Sampler, children

# Daemon, the runners' own needs and three of the models.
BUDGET_MIB = 128
MODEL_MIB = 24


class MemoryTest(MemoryCase):
    configuration = ('[memory]\nbudget = "%d MiB"\nwait_s = 30\n' % BUDGET_MIB)

    @classmethod
    def configure(cls):
        super().configure()
        for i in range(10):
            cls.package("m%d" % i, [("fp32", MODEL_MIB)])
        cls.package("huge", [("fp32", 2 * BUDGET_MIB)])
        cls.package("choice", [("fp32", BUDGET_MIB), ("int8", MODEL_MIB)])
        for i in range(3):
            cls.package("n%d" % i, [("fp32", MODEL_MIB)], notes=True)

    def test_what_is_used_stays_and_a_refusal_says_who_uses_it(self):
        self.unload_all()
        players = [self.stream("m%d" % i) for i in range(3)]
        with Sampler(self.daemon_process.pid) as sampler:
            self.refuses(REFUSED, ["m5", "needs 2", "the budget of %d MiB is held by" % BUDGET_MIB,
                                   "m0/1.0.0/fp32 (2", "1 stream",
                                   "close one or raise memory.budget"], "models", "load", "m5")
            self.refuses(REFUSED, ["huge"], "models", "load", "huge")
            self.assertEqual(self.loaded(), ["m0", "m1", "m2"])
            self.end(players[1])
            wait_until("m1 is idle", lambda: any(
                one["model"].startswith("m1/") and not one["used_by"]
                for one in self.memory()["models"]))
            self.succeeds("models", "load", "m5")
        self.assertEqual(self.loaded(), ["m0", "m2", "m5"])
        self.assertLessEqual(sampler.most, BUDGET_MIB * MIB)

    def test_a_job_waits_for_memory_says_why_and_goes_on_when_there_is_some(self):
        self.unload_all()
        players = [self.stream("m%d" % i) for i in range(3)]
        job = self.begin("generate", "melody", "--model", "n0", "--bars", "1", "-o", "made.mid")
        wait_until("it waits", lambda: self.memory()["waiting"])
        waiting = self.memory()["waiting"][0]
        self.assertTrue(waiting["model"].startswith("n0/"), waiting)
        self.assertIn("is held by", waiting["reason"])
        self.assertIn("is held by", self.succeeds("memory").out)
        self.assertIsNone(job.poll())
        waited = self.memory()["waited"]
        self.end(players.pop())
        self.end(players.pop())
        out, err = job.communicate(timeout=WATCHDOG_S)
        self.assertEqual(job.returncode, OK, out + err)
        self.assertTrue((self.work / "made.mid").stat().st_size > 0)
        self.assertEqual(self.memory()["waited"], waited + 1)

    def test_an_import_waits_for_memory_as_a_job_does(self):
        self.unload_all()
        (self.work / "amp.nam").write_text(json.dumps(nam_models.lstm(
            numpy.random.Generator(numpy.random.PCG64(1)), 160, 2)))
        players = [self.stream("m%d" % i) for i in range(3)]
        command = ("models", "import", "amp.nam", "--license", "CC0-1.0", "--author", "nobody")
        imported = self.begin(*command)
        wait_until("it waits", lambda: self.memory()["waiting"])
        waiting = self.memory()["waiting"][0]
        self.assertEqual((waiting["place"], waiting["model"]), ("import", "amp.nam"))
        self.assertIn("is held by", waiting["reason"])
        # Cancelled while it waits, it leaves nothing; nor does the next have to wait for it.
        self.end(imported)
        wait_until("nothing waits", lambda: not self.memory()["waiting"])
        imported = self.begin(*command)
        wait_until("it waits", lambda: self.memory()["waiting"])
        self.assertIsNone(imported.poll())
        with Sampler(self.daemon_process.pid) as sampler:
            self.end(players.pop())
            out, err = imported.communicate(timeout=WATCHDOG_S)
        self.assertEqual(imported.returncode, OK, out + err)
        self.assertLessEqual(sampler.most, BUDGET_MIB * MIB)
        self.assertFalse([one for one in self.memory()["models"] if one["place"] == "import"])

    def test_a_measurement_is_counted_while_it_runs(self):
        self.unload_all()
        process = self.begin("models", "measure", "tube", "--again")
        found = []

        def look():
            found.extend(one for one in self.memory()["models"] if one["place"] == "appraisal")
            return found or process.poll() is not None
        wait_until("it is at work, or over", look)
        out, err = process.communicate(timeout=WATCHDOG_S)
        self.assertEqual(process.returncode, OK, out + err)
        self.assertTrue(found)
        self.assertGreater(found[0]["bytes"], 0)
        self.assertFalse([one for one in self.memory()["models"] if one["place"] == "appraisal"])

    def test_jobs_that_go_on_and_on_with_a_model_let_another_have_its_turn(self):
        self.unload_all()
        self.stream("m0")
        done, stop = [], threading.Event()

        def go_on(first):
            seed = first
            while not stop.is_set():
                seed += 2
                self.succeeds("generate", "melody", "--model", "n0", "--bars", "32", "--seed", seed)
                done.append(seed)
        workers = [threading.Thread(target=go_on, args=(first,)) for first in (0, 1)]
        for worker in workers:
            worker.start()
        try:
            wait_until("they are at it", lambda: len(done) > 1)
            before = len(done)
            self.succeeds("generate", "melody", "--model", "n1", "--bars", "1", "-o", "made.mid")
            wait_until("they go on after it", lambda: len(done) > before + 3)
        finally:
            stop.set()
            for worker in workers:
                worker.join()
        self.assertTrue((self.work / "made.mid").exists())

    def test_a_job_that_waits_is_cancelled_and_leaves_nothing(self):
        self.unload_all()
        for i in range(3):
            self.stream("m%d" % i)
        job = self.begin("generate", "melody", "--model", "n1", "--bars", "1", "-o", "made.mid")
        wait_until("it waits", lambda: self.memory()["waiting"])
        self.end(job)
        wait_until("nothing waits", lambda: not self.memory()["waiting"])
        self.assertFalse((self.work / "made.mid").exists())

    def test_a_model_stays_as_long_as_it_was_told(self):
        self.unload_all()
        self.succeeds("models", "load", "m0")
        kept = self.memory()["models"][0]
        self.assertTrue(200 < kept["unloads_in_s"] <= 300, kept)
        self.succeeds("models", "load", "m0", "--keep-alive", "forever")
        self.assertEqual(self.memory()["models"][0]["unloads_in_s"], -1)
        self.assertIn("kept", self.succeeds("memory").out)
        self.succeeds("models", "load", "m0", "--keep-alive", "1h")
        self.assertTrue(self.memory()["models"][0]["unloads_in_s"] > 3000)
        # With the last model its runner goes too.
        self.succeeds("models", "load", "m0", "--keep-alive", "0")
        wait_until("it is unloaded", lambda: not self.memory()["models"])
        wait_until("its runner has ended", lambda: not children(self.daemon_process.pid))
        self.refuses(USAGE, ["--keep-alive", "'soon' is not a time such as"],
                     "models", "load", "m0", "--keep-alive", "soon")

    def test_a_model_that_writes_notes_can_be_loaded_ahead(self):
        self.unload_all()
        self.succeeds("models", "load", "n2", "--keep-alive", "30s")
        held = self.memory()["models"][0]
        self.assertEqual(held["place"], "jobs/fake")
        self.assertTrue(0 < held["unloads_in_s"] <= 30, held)

    def test_a_smaller_variant_is_taken_where_the_other_does_not_fit_and_is_named(self):
        self.unload_all()
        result = self.succeeds("--json", "models", "load", "choice")
        self.assertEqual(result.json["variant"], "int8")
        notes = self.memory()["notes"]
        self.assertTrue(any("choice 1.0.0: variant int8" in note and "instead of fp32" in note
                            for note in notes), notes)
        self.assertIn("variant int8", self.succeeds("memory").out)

    def test_what_was_measured_is_written_down(self):
        self.succeeds("models", "load", "m9")
        state = pathlib.Path(self.home.environment["XDG_STATE_HOME"]) / "continuo" / "memory.json"
        wait_until("it is written down", lambda: state.exists() and any(
            "fp32" in key and abs(value["bytes"] - MODEL_MIB * MIB) < 2 * MIB
            for key, value in json.loads(state.read_text())["models"].items()))


if __name__ == "__main__":
    unittest.main()
