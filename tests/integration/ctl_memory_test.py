#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The memory budget with real processes: a daemon, its runners, models whose weights really take
memory, streams and jobs that use them; and what all of it takes, sampled all the while."""
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import unittest

from ctl_harness import CTL, OK, REFUSED, USAGE, WATCHDOG_S, CtlTest, noise, wait_until, write_wav

MIB = 1 << 20
# Daemon, the runners' own needs and three of the models.
BUDGET_MIB = 128
MODEL_MIB = 24


def proportional_bytes(pid):
    """PSS: shared pages count by their share, so that the sum over processes is what they hold."""
    try:
        with open("/proc/%d/smaps_rollup" % pid) as rollup:
            for line in rollup:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass  # it has ended
    return 0


def children(pid):
    found = []
    for task in pathlib.Path("/proc/%d/task" % pid).glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            pass
    return found


class Sampler:
    """The most that the daemon and its runners held together while this was entered."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.most = 0
        self.samples = 0

    def look(self):
        taken = sum(proportional_bytes(pid) for pid in [self.daemon] + children(self.daemon))
        self.most = max(self.most, taken)
        self.samples += 1

    def __enter__(self):
        self.stop = threading.Event()

        def run():
            while not self.stop.wait(0.01):
                self.look()
        self.thread = threading.Thread(target=run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


class MemoryTest(CtlTest):
    configuration = ('[memory]\nbudget = "%d MiB"\nwait_s = 30\n' % BUDGET_MIB)

    @classmethod
    def configure(cls):
        cls.models = (pathlib.Path(cls.home.environment["XDG_DATA_HOME"]) / "continuo" / "models")
        for i in range(10):
            cls.package("m%d" % i, [("fp32", MODEL_MIB)])
        cls.package("huge", [("fp32", 2 * BUDGET_MIB)])
        cls.package("choice", [("fp32", BUDGET_MIB), ("int8", MODEL_MIB)])
        for i in range(3):
            cls.package("n%d" % i, [("fp32", MODEL_MIB)], notes=True)

    @classmethod
    def package(cls, ident, variants, notes=False):
        """A model of the fake executor, which holds its file; variants are (id, MiB)."""
        directory = cls.models / ident / "1.0.0"
        directory.mkdir(parents=True)
        manifest = {
            "schema": 1, "id": ident, "version": "1.0.0", "name": ident, "executor": "fake",
            "license": "Apache-2.0", "minimum_daemon_version": "0.1.0", "files": []}
        if notes:
            manifest.update(task="TASK_NOTES", notes={
                "tasks": ["melody"], "composer": "fake", "voices": ["melody"],
                "signatures": ["4/4"], "steps_per_quarter": 1, "maximum_bars": 64})
        else:
            manifest.update(task="TASK_AUDIO_EFFECT", audio={
                "input_channels": 1, "output_channels": 1, "maximum_block_frames": 4096})
        for name, mib in variants:
            head = b"fake\ncell_us=2000\n" if notes else b"fake\n"
            weights = head + ident.encode() + b"\0" * (mib * MIB)
            (directory / (name + ".bin")).write_bytes(weights)
            manifest["files"].append({
                "path": name + ".bin", "size_bytes": len(weights),
                "sha256": hashlib.sha256(weights).hexdigest()})
            manifest.setdefault("variants", []).append({
                "id": name, "file": name + ".bin",
                "precision": "PRECISION_INT8" if name == "int8" else "PRECISION_FP32",
                **({} if notes else {"sample_rate_hz": 48000})})
        (directory / "model.json").write_text(json.dumps(manifest))

    def memory(self):
        return self.succeeds("--json", "memory").json

    def loaded(self):
        return sorted(one["model"].split("/")[0] for one in self.memory()["models"]
                      if one["state"] == "MODEL_MEMORY_STATE_LOADED")

    def unload_all(self):
        for name in self.loaded():
            self.succeeds("models", "unload", name)
        wait_until("no runner is left", lambda: not self.memory()["runners"])

    def begin(self, *arguments):
        process = subprocess.Popen(
            [CTL, "--no-autostart", *arguments], env=self.home.environment, cwd=self.work,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        return process.communicate(timeout=WATCHDOG_S)

    def stream(self, model):
        """A client that plays through the model until it is ended."""
        process = self.begin("stream", "bench", "--model", model, "--rate", "48000",
                             "--seconds", "60", "--period", "256")
        wait_until("a stream of %s plays" % model, lambda: any(
            one["model"].startswith(model + "/") and one["used_by"] == "1 stream" and
            one["state"] == "MODEL_MEMORY_STATE_LOADED" for one in self.memory()["models"]))
        return process

    def test_ten_models_go_through_a_budget_of_three(self):
        write_wav(self.work / "in.wav", noise(4800, 1), 48000)
        before = self.memory()
        self.assertEqual(before["budget_bytes"], BUDGET_MIB * MIB)
        with Sampler(self.daemon_process.pid) as sampler:
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
            BUDGET_MIB, sampler.most / MIB, sampler.samples))
        self.assertGreater(sampler.samples, 50)
        self.assertGreater(sampler.most, 2 * MODEL_MIB * MIB)
        self.assertLessEqual(sampler.most, BUDGET_MIB * MIB)

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
