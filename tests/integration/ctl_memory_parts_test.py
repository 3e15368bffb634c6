#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What of a model is in memory: all of its weights, a window of them, or one of its parts."""
import hashlib
import json
import os
import signal
import time
import unittest

import numpy

import big_composer
import nam_models
from ctl_harness import Home, run_ctl, wait_until
from memory_case import MIB, LimitedCase, MemoryCase, Sampler

SOURCE = os.environ["CONTINUO_SOURCE_DIR"]


class StreamedTest(LimitedCase):
    """A composer of more than the budget, which is the limit of the group as well."""
    limit_mib = 96
    configuration = ('[memory]\nbudget = "%d MiB"\n[stream]\nstart_timeout_s = 60\n[jobs]\npredict = false\n' % limit_mib)
    piece = ("generate", "melody", "--model", "big", "--bars", "2", "--seed", "5")

    @classmethod
    def configure(cls):
        super().configure()
        cls.file_bytes = big_composer.write_package(cls.models, SOURCE)
        assert cls.file_bytes > cls.limit_mib * MIB

    def resident(self):
        """The same by a daemon with memory enough, in a home of its own."""
        home = Home()
        home.environment["CONTINUO_MODEL_PATH"] = str(self.models)

        def end():
            for pid in home.processes():
                os.kill(pid, signal.SIGTERM)
            wait_until("the other daemon has ended", lambda: not home.processes())
            home.remove()
        self.addCleanup(end)
        loaded = run_ctl(home, "models", "load", "big")
        self.assertEqual(loaded.code, 0, loaded.err)
        begin = time.monotonic()
        made = run_ctl(home, "--json", *self.piece, "-o", str(self.work / "resident.mid"))
        took = time.monotonic() - begin
        self.assertEqual(made.code, 0, made.err)
        models = run_ctl(home, "--json", "memory").json["models"]
        self.assertFalse(models[0]["streamed"])
        return took, models[0]["weights_bytes"]

    def test_a_composer_larger_than_the_budget_writes_the_same_notes(self):
        with Sampler(self.daemon_process.pid, self.group.read) as sampler:
            self.succeeds("models", "load", "big")
            begin = time.monotonic()
            out = self.succeeds("--json", *self.piece, "-o", "streamed.mid").out
            took = time.monotonic() - begin
            held = self.memory()
        self.assertIn("weights streamed through ", out)
        model = held["models"][0]
        self.assertTrue(model["streamed"], model)
        self.assertLess(model["weights_bytes"], self.file_bytes / 3)
        self.assertTrue(any("big/1.0.0/fused: weights are streamed layer by layer" in note
                            for note in held["notes"]), held["notes"])
        self.assertIn(", streamed", self.succeeds("memory").out)
        resident_took, resident_bytes = self.resident()
        self.assertGreater(resident_bytes, self.file_bytes * 0.9)
        self.assertEqual((self.work / "streamed.mid").read_bytes(),
                         (self.work / "resident.mid").read_bytes())
        print("file %.1f MiB; streamed: weights %.1f MiB, all processes at most %.1f MiB in %d "
              "samples, %.2f s; resident: weights %.1f MiB, %.2f s" % (
                  self.file_bytes / MIB, model["weights_bytes"] / MIB, sampler.most / MIB,
                  sampler.samples, took, resident_bytes / MIB, resident_took))
        self.assertGreater(sampler.samples, 10)
        self.assertLessEqual(sampler.most, self.limit_mib * MIB)
        if self.group.read is not None:
            print("of the group: most that cannot be dropped %.1f MiB, %d times full" % (
                sampler.most_kept / MIB, self.group.read.times_full()))
            self.assertEqual(self.group.read.kills(), 0)
            self.assertLessEqual(sampler.most_kept, self.limit_mib * MIB)

    def test_the_next_load_knows_the_window(self):
        self.succeeds("models", "load", "big")
        first = self.memory()["models"][0]["weights_bytes"]
        self.unload_all()
        self.succeeds("models", "load", "big")
        self.assertAlmostEqual(self.memory()["models"][0]["weights_bytes"] / MIB, first / MIB,
                               delta=4)


class PartTest(MemoryCase):
    """A .nam container of two models, of which one alone may be loaded."""

    @classmethod
    def configure(cls):
        super().configure()
        random = numpy.random.Generator(numpy.random.PCG64(1))
        container = {
            "version": "0.7.0", "architecture": "SlimmableContainer", "sample_rate": 48000,
            "config": {"submodels": [{"max_value": 0.5, "model": nam_models.lstm(random, 16, 1)},
                                     {"max_value": 1.0, "model": nam_models.lstm(random, 256, 3)}]},
            "weights": []}
        text = json.dumps(container).encode()
        package = cls.models / "slim" / "1.0.0"
        package.mkdir(parents=True)
        (package / "slim.nam").write_bytes(text)
        (package / "model.json").write_text(json.dumps({
            "schema": 1, "id": "slim", "version": "1.0.0", "name": "Slim", "executor": "fused",
            "task": "TASK_AUDIO_EFFECT", "license": "Apache-2.0",
            "minimum_daemon_version": "0.1.0",
            "audio": {"input_channels": 1, "output_channels": 1, "maximum_block_frames": 4096},
            "parameters": [{"id": "quality", "name": "Quality", "minimum": 0, "maximum": 1,
                            "default_value": 1, "curve": "CURVE_LINEAR",
                            "level": "LEVEL_BASIC", "description": "The size."}],
            "variants": [{"id": name, "file": "slim.nam", "sample_rate_hz": 48000,
                          "precision": "PRECISION_FP32", "options": options}
                         for name, options in (("all", {}), ("small", {"quality": "0"}),
                                               ("large", {"quality": "1"}))],
            "files": [{"path": "slim.nam", "size_bytes": len(text),
                       "sha256": hashlib.sha256(text).hexdigest()}]}))

    def held(self, variant):
        """What the model is counted with, and the runner's memory, shared pages divided."""
        self.unload_all()
        self.succeeds("models", "variant", "slim", variant)
        loaded = self.succeeds("--json", "models", "load", "slim").json
        self.assertEqual(loaded["variant"], variant)
        held = self.memory()
        return held["models"][0]["weights_bytes"], held["runners"][0]["proportional_bytes"]

    def test_a_part_that_is_not_chosen_takes_no_memory(self):
        figures = {variant: self.held(variant) for variant in ("small", "all", "large")}
        for variant, (weights, runner) in figures.items():
            print("%s: weights %.2f MiB, its runner %.1f MiB" % (
                variant, weights / MIB, runner / MIB))
        large_mib = 4 * (3 * 4 * 256 * 512) / MIB  # its matrices alone, all but the first narrower
        self.assertLess(figures["small"][0], MIB)
        self.assertGreater(figures["large"][0], 0.7 * large_mib * MIB)
        self.assertGreaterEqual(figures["all"][0], figures["large"][0])
        self.assertGreater(figures["all"][1] - figures["small"][1], 0.7 * large_mib * MIB)


if __name__ == "__main__":
    unittest.main()
