# SPDX-License-Identifier: Apache-2.0
"""Whether models run here, which to take, and in which variant: a real daemon, the models that ship,
and a signed repository in a directory."""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

from ctl_harness import CTL, MODELS, REFUSED, USAGE, CtlTest, run_ctl, wait_until


class FitTest(CtlTest):
    """Its repository has a light effect, one that is far too heavy, one of which nothing is known, and
    one that may not be used commercially; figures are of a machine with the benchmark of this one."""

    @classmethod
    def configure(cls):
        cls.packages = cls.home.path / "packages"
        # Of another daemon: the one of these tests has measured nothing when they begin.
        machine = run_ctl(cls.home, "--json", "models", "machine").json
        cls.home_daemons = cls.home.processes()
        for pid in cls.home_daemons:
            os.kill(pid, signal.SIGTERM)
        wait_until("the first daemon has ended", lambda: not cls.home.processes())
        shutil.rmtree(cls.home.path / "state_home" / "continuo")
        cls.machine = machine
        block = machine["block_us"]
        cls.package("light", cls.cost(50, block))
        cls.package("heavy", cls.cost(50_000, 2 * block))
        cls.package("unknown", None)
        cls.package("closed", cls.cost(5, block), license="CC-BY-NC-4.0")
        key = cls.home.path / "key"
        public = run_ctl(cls.home, "--json", "repo", "keygen", key).json["public_key"]
        out = cls.home.path / "out"
        built = run_ctl(cls.home, "repo", "build", cls.packages, "-o", out, "--key", key, "--name", "shop")
        assert built.code == 0, built.err
        path = cls.home.path / "config_home" / "continuo" / "continuod.toml"
        path.write_text('[[repository]]\nname = "shop"\nurl = "%s"\nkey = "%s"\n' % (out, public))
        cls.models = pathlib.Path(cls.home.environment["XDG_DATA_HOME"]) / "continuo" / "models"

    @staticmethod
    def cost(us, benchmark):
        return {"microseconds_per_block": us, "block_frames": 256, "measured_on": "The Reference",
                "benchmark_us": benchmark, "memory_bytes": 1_000_000}

    @classmethod
    def package(cls, model, cost, **fields):
        directory = cls.packages / model / "1.0.0"
        directory.mkdir(parents=True)
        manifest = json.loads((pathlib.Path(MODELS) / "fake-gain" / "model.json").read_text())
        weights = b"fake\n" + model.encode()
        (directory / "weights.txt").write_bytes(weights)
        manifest.update(id=model, version="1.0.0", name=model.capitalize(), **fields)
        for variant in manifest["variants"]:
            variant.pop("cost", None)
            if cost:
                variant["cost"] = cost
        manifest["files"] = [{"path": "weights.txt", "size_bytes": len(weights),
                              "sha256": hashlib.sha256(weights).hexdigest()}]
        (directory / "model.json").write_text(json.dumps(manifest))

    def found(self, *arguments):
        models = self.succeeds("--json", "models", "search", *arguments).json["models"]
        return {m["entry"]["id"]: m["assessment"] for m in models}

    def test_the_machine_is_measured_once_and_said_in_status(self):
        first = self.succeeds("--json", "models", "machine").json
        self.assertGreater(first["block_us"], 0)
        self.assertGreater(first["cell_us"], 0)
        self.assertEqual(self.succeeds("--json", "models", "machine").json, first)
        status = self.succeeds("--json", "status").json
        self.assertEqual(status["machine"], first)
        self.assertIn("benchmark %.1f us a block" % first["block_us"], self.succeeds("status").out)

    def test_search_says_before_a_download_what_runs_here(self):
        found = self.found()
        self.assertEqual(found["light"]["verdict"], "VERDICT_RUNS")
        self.assertEqual(found["light"]["evidence"], "EVIDENCE_SCALED")
        self.assertIn("(estimated from The Reference)", found["light"]["reason"])
        self.assertEqual(found["heavy"]["verdict"], "VERDICT_TOO_HEAVY")
        self.assertEqual(found["unknown"]["verdict"], "VERDICT_UNSPECIFIED")
        # Half the benchmark there, so half the cost here, or as far from it as the benchmark is now.
        now = self.succeeds("--json", "models", "machine").json["block_us"]
        expected = 50_000 * now / (2 * self.machine["block_us"]) / 256 * 48000 / 1e6
        self.assertAlmostEqual(found["heavy"]["load"], expected, delta=1e-6 * expected)
        self.assertEqual(set(self.found("--runs-here")), {"light", "closed"})
        text = self.succeeds("models", "search", "--runs-here")
        self.assertIn("RUNS HERE", text.out)
        self.assertIn("2 left out", text.err)

    def test_after_installing_the_model_is_measured_and_that_counts(self):
        self.addCleanup(lambda: self.succeeds("models", "remove", "light"))
        installed = self.succeeds("models", "install", "light").out
        self.assertIn("(measured here)", installed)
        info = self.succeeds("--json", "models", "info", "light").json["assessment"]
        self.assertEqual(info["evidence"], "EVIDENCE_MEASURED_HERE")
        self.assertIn("here: runs", self.succeeds("models", "info", "light").out)
        # It is kept: nothing is measured for it again, by this daemon or the next.
        record = next(pathlib.Path(self.home.environment["XDG_STATE_HOME"]).glob("continuo/fit/*.json"))
        figures = json.loads(record.read_text())["figures"]
        self.assertTrue(any(hashlib.sha256(b"fake\nlight").hexdigest() in f["key"] for f in figures))

    def test_installing_can_go_without_measuring(self):
        self.addCleanup(lambda: self.succeeds("models", "remove", "closed"))
        result = self.succeeds("--json", "models", "install", "closed", "--no-measure").json
        self.assertNotIn("fit", result)
        info = self.succeeds("--json", "models", "info", "closed").json["assessment"]
        self.assertEqual(info["evidence"], "EVIDENCE_SCALED")

    def test_models_are_compared_side_by_side_installed_or_not(self):
        facts = self.succeeds("--json", "models", "compare", "tube", "light", "chorale").json["models"]
        self.assertEqual([f["id"] for f in facts], ["tube", "light", "chorale"])
        self.assertEqual([f["source"] for f in facts], ["", "shop", ""])
        self.assertEqual(facts[0]["sample_rates_hz"], [44100, 48000])
        self.assertEqual(facts[0]["parameter_count"], 4)
        self.assertAlmostEqual(facts[0]["latency_ms"], 8 / 48, places=6)
        self.assertEqual(facts[0]["quality"][0]["measure"], "ESR")
        self.assertIn("harmony", facts[2]["tasks"])
        self.assertGreater(facts[2]["assessment"]["seconds_for_8_bars"], 0)
        text = self.succeeds("models", "compare", "tube", "light").out
        for row in ("runs here", "latency", "licence", "quality", "parameters", "rates"):
            self.assertIn("\n" + row, text)
        self.refuses(REFUSED, ["'nobody'", "no repository has it"], "models", "compare", "tube", "nobody")
        self.refuses(USAGE, ["2"], "models", "compare", "tube")

    def test_models_are_recommended_for_a_task_with_reasons_and_exclusions(self):
        answer = self.succeeds("--json", "models", "recommend", "--task", "effect", "--commercial").json
        ids = [m["model"]["id"] for m in answer["models"]]
        self.assertIn("tube", ids)
        self.assertIn("light", ids)
        excluded = {e["id"]: e for e in answer["excluded"]}
        self.assertIn("forbids commercial use", excluded["closed"]["reason"])
        self.assertIn("too heavy", excluded["heavy"]["reason"])
        self.assertIn("tube", excluded["closed"]["open_alternatives"])
        scores = [m["score"] for m in answer["models"]]
        self.assertEqual(scores, sorted(scores, reverse=True))
        text = self.succeeds("models", "recommend", "--task", "harmony").out
        self.assertTrue(text.startswith("1. chorale"), text)
        self.refuses(REFUSED, ["'polka'", "harmony"], "models", "recommend", "--task", "polka")

    def optimized(self, *arguments):
        return self.succeeds("--json", "models", "optimize", *arguments).json

    def test_smaller_variants_are_made_measured_kept_and_used_where_they_are_good(self):
        self.addCleanup(lambda: shutil.rmtree(self.models / ".variants", ignore_errors=True))
        dry = self.optimized("tube", "--dry-run")
        self.assertEqual(dry["kept"], [])
        self.assertFalse((self.models / ".variants" / "tube").exists())
        result = self.optimized("tube")
        rows = {v["id"]: v for v in result["model"]["variants"]}
        # As exact as the text that they were made of, and smaller.
        self.assertLess(rows["fp32-48000"]["error"], 1e-5)
        self.assertLess(rows["fp32-48000"]["file_bytes"], rows["fused-48000"]["file_bytes"])
        self.assertLess(rows["int8-48000"]["file_bytes"], rows["fp16-48000"]["file_bytes"])
        self.assertGreater(rows["int8-48000"]["error"], rows["fp16-48000"]["error"])
        self.assertIn("fp32-48000", result["kept"])
        for name in result["kept"]:
            self.assertTrue(rows[name]["keeps_error"], name)
        # The package is as it was signed.
        self.assertEqual(self.succeeds("--json", "models", "verify", "tube").json["models"][0]["problems"], [])

        # Named, it is what a stream gets; and back.
        changed = self.succeeds("--json", "models", "variant", "tube", "fp32-48000").json
        self.assertEqual(changed["variant"], "fp32-48000")
        loaded = self.succeeds("--json", "models", "load", "tube", "--rate", "48000").json
        self.assertEqual(loaded["variant"], "fp32-48000")
        self.succeeds("models", "unload", "tube")
        self.assertEqual(
            self.succeeds("--json", "models", "load", "tube", "--rate", "44100").json["variant"], "fp32-44100")
        self.succeeds("models", "unload", "tube")
        self.succeeds("models", "variant", "tube", "auto")
        self.refuses(REFUSED, ["'nothing'", "fused-48000"], "models", "variant", "tube", "nothing")

        # One that is damaged is not loaded, and the model's own are.
        made = next((self.models / ".variants/tube").glob("*/fp32-48000-*"))
        made.write_bytes(made.read_bytes()[:-1] + b"\x00\x00"[:1] if made.read_bytes()[-1] else
                         made.read_bytes()[:-1] + b"\x01")
        self.succeeds("models", "variant", "tube", "fp32-48000")
        self.addCleanup(lambda: self.ctl("models", "variant", "tube", "auto"))
        refused = self.ctl("models", "load", "tube", "--rate", "48000")
        self.assertNotEqual(refused.code, 0)
        self.assertIn("SHA-256", refused.err)
        self.succeeds("models", "variant", "tube", "auto")

    def test_notes_are_written_by_a_variant_of_8_bits_where_it_is_asked_for(self):
        self.addCleanup(lambda: shutil.rmtree(self.models / ".variants", ignore_errors=True))
        self.addCleanup(lambda: self.ctl("models", "variant", "groove", "auto"))
        result = self.optimized("groove", "--precision", "int8", "--prune", "0.25", "--keep-all")
        rows = {v["id"]: v for v in result["model"]["variants"]}
        self.assertIn("int8", rows)
        self.assertLess(rows["int8"]["file_bytes"], 0.7 * rows["fused"]["file_bytes"])
        self.assertLess(rows["int8-pruned-25"]["file_bytes"], rows["int8"]["file_bytes"])
        self.succeeds("models", "variant", "groove", "int8")
        made = self.succeeds("--json", "generate", "drums", "--bars", "2", "--seed", "5",
                             "-o", "drums.mid")
        self.assertIn("int8", made.out)
        self.assertTrue((self.work / "drums.mid").stat().st_size > 0)

    def test_what_cannot_be_optimized_is_refused_and_cancelling_leaves_nothing(self):
        self.refuses(REFUSED, ["fake-gain", "fused executor"], "models", "optimize", "fake-gain")
        process = subprocess.Popen([CTL, "--no-autostart", "models", "optimize", "drive"],
                                   env=self.home.environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        wait_until("it has begun", lambda: list(self.models.glob(".variants/.making-*")))
        process.send_signal(signal.SIGINT)
        process.communicate()
        self.assertEqual(process.returncode, -signal.SIGINT)
        wait_until("nothing is left", lambda: not list(self.models.glob(".variants/.making-*")))
        self.assertFalse((self.models / ".variants" / "drive").exists())


if __name__ == "__main__":
    unittest.main()
