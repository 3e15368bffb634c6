#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Packages as their users meet them: installed, pinned, rolled back, verified, repaired, linted,
cleared away and credited, by the real daemon."""
import hashlib
import json
import os
import pathlib
import shutil
import unittest

from ctl_harness import (BAD_INPUT, BAD_OUTPUT, FAILED, MODELS, OK, REFUSED, USAGE, CtlTest, noise,
                         write_wav)

WEIGHTS = b"fake\n"


def manifest(ident, version, **changes):
    made = {
        "schema": 1, "id": ident, "version": version, "name": "Sample", "summary": "It is a test.",
        "task": "TASK_AUDIO_EFFECT", "executor": "fake",
        "audio": {"input_channels": 1, "output_channels": 1, "maximum_block_frames": 4096},
        "parameters": [{"id": "gain", "name": "Gain", "unit": "dB", "minimum": -10, "maximum": 10,
                        "default_value": 0, "curve": "CURVE_LINEAR", "level": "LEVEL_BASIC",
                        "description": "How loud it is."}],
        "presets": [{"id": "loud", "name": "Loud", "values": {"gain": 10}}],
        "variants": [{"id": "fp32", "sample_rate_hz": 48000, "file": "weights.bin",
                      "precision": "PRECISION_FP32",
                      "cost": {"microseconds_per_block": 1, "block_frames": 64}}],
        "golden": [{"variant": "fp32", "file": "weights.bin"}],
        "license": "CC-BY-NC-4.0", "attribution": "Sample by the tests",
        "provenance": {"description": "Three letters.", "data": ["none"]},
        "minimum_daemon_version": "0.1.0",
        "files": [{"path": "weights.bin", "size_bytes": len(WEIGHTS),
                   "sha256": hashlib.sha256(WEIGHTS).hexdigest()}],
    }
    made.update(changes)
    return made


class ModelsTest(CtlTest):
    def setUp(self):
        super().setUp()
        # A model of its own for each test, as they share the daemon.
        self.model = self._testMethodName.replace("_", "-")[5:40].strip("-")
        self.own = pathlib.Path(self.home.environment["XDG_DATA_HOME"]) / "continuo" / "models"

    def package(self, version, name="", **changes):
        """A directory with a package, by its name."""
        directory = self.work / (name or "source-" + version)
        directory.mkdir()
        (directory / "model.json").write_text(json.dumps(manifest(self.model, version, **changes)))
        (directory / "weights.bin").write_bytes(WEIGHTS)
        (directory / "LICENSE").write_text("as you like")
        return directory.name

    def archive(self, version, **changes):
        self.package(version, **changes)
        return os.path.basename(
            self.succeeds("--json", "models", "pack", "source-" + version).json["path"])

    def install(self, source, *options):
        return self.succeeds("--json", "models", "install", source, *options).json

    def used(self):
        versions = self.succeeds("--json", "models", "versions", self.model).json["models"]
        return next(one["manifest"]["version"] for one in versions if one.get("used"))

    def leftovers(self):
        return [path.name for path in self.own.iterdir() if path.name.startswith(".")]

    def test_archive_is_installed_and_the_same_again_is_no_error(self):
        archive = self.archive("1.0.0")
        self.assertEqual(archive, self.model + "-1.0.0.continuo")
        result = self.install(archive)
        self.assertFalse(result.get("already_there", False))
        self.assertEqual(result["path"], str(self.own / self.model / "1.0.0"))
        self.assertEqual(sorted(os.listdir(result["path"])), ["LICENSE", "model.json", "weights.bin"])
        self.assertTrue(self.install("source-1.0.0")["already_there"])
        text = self.succeeds("models", "info", self.model).out
        for word in ("CC-BY-NC-4.0", "no commercial use", "the author is to be named"):
            self.assertIn(word, text)
        self.assertIn("installed already", self.succeeds("models", "install", archive).out)
        self.assertEqual(self.leftovers(), [])
        self.refuses(BAD_OUTPUT, ["exists"], "models", "pack", "source-1.0.0", "-o", archive)

    def test_bad_sources_leave_nothing(self):
        archive = self.archive("1.0.0")
        whole = (self.work / archive).read_bytes()
        (self.work / "cut.continuo").write_bytes(whole[:-5])
        (self.work / "text.continuo").write_bytes(b"no archive")
        self.package("1.0.1")
        (self.work / "source-1.0.1" / "weights.bin").write_bytes(b"fakf\n")
        self.package("1.0.2", minimum_daemon_version="99.0.0")
        self.package("1.0.3", dependencies=[{"id": "nowhere", "minimum_version": "1.2.0"}])
        self.package("1.0.4", license="as you like")
        self.refuses(REFUSED, ["cut off"], "models", "install", "cut.continuo")
        self.refuses(REFUSED, ["no zstd archive"], "models", "install", "text.continuo")
        self.refuses(FAILED, ["weights.bin", "SHA-256"], "models", "install", "source-1.0.1")
        self.refuses(REFUSED, ["update it"], "models", "install", "source-1.0.2")
        self.refuses(REFUSED, ["nowhere", "1.2.0"], "models", "install", "source-1.0.3")
        self.refuses(REFUSED, ["license"], "models", "install", "source-1.0.4")
        self.refuses(FAILED, ["expected 000"], "models", "install", archive, "--sha256", "0" * 64)
        self.refuses(REFUSED, ["commercial"], "models", "install", archive, "--for", "commercial")
        self.refuses(USAGE, ["--for"], "models", "install", archive, "--for", "fun")
        self.refuses(BAD_INPUT, ["gone"], "models", "install", "./gone")
        self.refuses(BAD_INPUT, ["weights.bin"], "models", "pack", "source-1.0.1")
        self.assertFalse((self.own / self.model).exists())
        self.assertEqual(self.leftovers(), [])
        self.install(archive, "--sha256", hashlib.sha256(whole).hexdigest())

    def test_another_content_is_installed_by_wish_only(self):
        self.install(self.package("1.0.0"))
        other = self.package("1.0.0", name="other", summary="Another.")
        self.refuses(REFUSED, ["another content", "--replace"], "models", "install", other)
        self.install(other, "--replace")
        shown = self.succeeds("--json", "models", "show", self.model).json
        self.assertEqual(shown["manifest"]["summary"], "Another.")

    def test_versions_are_pinned_and_rolled_back(self):
        for version in ("1.0.0", "1.1.0"):
            self.install(self.package(version))
        self.assertEqual(self.used(), "1.1.0")
        self.assertIn("1.0.0 is used, before it was 1.1.0",
                      self.succeeds("models", "rollback", self.model).out)
        self.assertEqual(self.used(), "1.0.0")
        self.succeeds("models", "rollback", self.model)
        self.assertEqual(self.used(), "1.1.0")
        self.succeeds("models", "pin", self.model + "@1.0.0")
        result = self.install(self.package("1.2.0"))
        self.assertEqual((result["version_before"], result["version_used"]), ("1.0.0", "1.0.0"))
        self.assertEqual(self.succeeds("--json", "models", "load", self.model).code, OK)
        self.assertIn("pinned", self.succeeds("models", "versions", self.model).out)
        loaded = self.succeeds("--json", "models", "versions", self.model).json["models"]
        self.assertEqual([one["manifest"]["version"] for one in loaded if one.get("loaded_variants")],
                         ["1.0.0"])
        self.succeeds("models", "unpin", self.model)
        self.assertEqual(self.used(), "1.2.0")
        self.refuses(REFUSED, ["9.9.9"], "models", "pin", self.model + "@9.9.9")
        self.refuses(USAGE, ["VERSION"], "models", "pin", self.model)
        self.succeeds("models", "remove", self.model + "@1.2.0")
        self.assertEqual(self.used(), "1.1.0")
        choices = json.loads((self.own / "versions.json").read_text())
        self.assertEqual(choices["schema"], 1)

    def test_rollback_needs_something_to_go_back_to(self):
        self.install(self.package("1.0.0"))
        self.refuses(REFUSED, ["no version before 1.0.0"], "models", "rollback", self.model)

    def test_damage_is_found_and_repaired(self):
        archive = self.archive("1.0.0")
        self.install(archive)
        self.succeeds("models", "verify", self.model)
        weights = self.own / self.model / "1.0.0" / "weights.bin"
        for damage in (lambda: weights.write_bytes(b"fakf\n"), weights.unlink):
            damage()
            result = self.ctl("models", "verify", self.model)
            self.assertEqual(result.code, FAILED)
            self.assertIn("weights.bin", result.out)
            self.refuses(REFUSED, ["--from"], "models", "repair", self.model + "@1.0.0")
            self.succeeds("models", "repair", self.model + "@1.0.0", "--from", archive)
            self.assertEqual(weights.read_bytes(), WEIGHTS)
            self.succeeds("models", "verify", self.model)
        self.assertIn("nothing to repair", self.succeeds("models", "repair", self.model).out)
        other = self.package("1.0.1")
        weights.write_bytes(b"fakf\n")
        self.refuses(REFUSED, ["version is 1.0.1"], "models", "repair", self.model + "@1.0.0",
                     "--from", other)
        self.succeeds("models", "remove", self.model)
        self.refuses(REFUSED, [self.model], "models", "verify", self.model)

    def test_dependencies_hold_a_package(self):
        self.install(self.package("1.0.0"))
        needed, self.model = self.model, self.model + "-needy"
        self.install(self.package("2.0.0", dependencies=[{"id": needed, "minimum_version": "1.0.0"}]))
        self.refuses(REFUSED, [self.model + " 2.0.0"], "models", "remove", needed)
        self.assertIn(needed, self.succeeds("models", "show", self.model).out)
        self.succeeds("models", "remove", self.model)
        self.succeeds("models", "remove", needed)

    def test_lint_names_every_finding(self):
        good = self.package("1.0.0")
        report = self.succeeds("--json", "models", "lint", good).json
        self.assertEqual((report.get("errors", 0), report.get("warnings", 0)), (0, 0), report)
        bad = self.package("1.0.1", name="bad", summary="", sumary="x", parameters=[
            {"id": "gain", "name": "Gain", "minimum": 0, "maximum": 7, "default_value": 8,
             "curve": "CURVE_LINEAR", "level": "LEVEL_BASIC", "units": "dB"}])
        os.unlink(self.work / bad / "LICENSE")
        (self.work / bad / "weights.bin").write_bytes(b"abcd")
        result = self.ctl("models", "lint", bad)
        self.assertEqual(result.code, FAILED)
        for line in ("error: sumary is not a field", "'summary' is meant",
                     "error: parameters[0].units is not a field", "'unit' is meant",
                     "error: parameters[0].default_value is 8, above maximum 7",
                     "error: presets[0].values", "error: files[0] ",
                     "warning: summary is missing", "warning: parameters[0].description is missing",
                     "warning: parameters[0].unit is missing", "LICENSE"):
            self.assertIn(line, result.out)
        one = self.package("1.0.2", summary="")
        self.assertTrue(self.ctl("models", "lint", one).out.endswith("\n0 errors, 1 warning\n"))
        self.succeeds("models", "pack", good)
        archive = self.model + "-1.0.0.continuo"
        self.assertEqual(self.succeeds("--json", "models", "lint", archive).json.get("warnings", 0), 0)
        cut = (self.work / archive).read_bytes()[:-3]
        (self.work / "cut.continuo").write_bytes(cut)
        self.assertEqual(self.ctl("models", "lint", "cut.continuo").code, FAILED)
        self.assertEqual(self.leftovers(), [])

    def test_lint_follows_conditions_and_macros(self):
        gain = {"id": "gain", "name": "Gain", "minimum": 0, "maximum": 10, "default_value": 5,
                "curve": "CURVE_LINEAR", "level": "LEVEL_BASIC", "description": "How loud it is."}
        target = {"parameter": "gain", "from": 0, "to": 10, "curve": "CURVE_LINEAR"}
        swell = {**gain, "id": "swell", "targets": [target]}
        shade = {**gain, "id": "shade", "conditions": [{"parameter": "swell", "minimum": 6, "maximum": 10}]}
        good = self.package("1.0.0", parameters=[swell, gain, shade])
        report = self.succeeds("--json", "models", "lint", good).json
        self.assertEqual((report.get("errors", 0), report.get("warnings", 0)), (0, 0), report)
        swell["targets"] = [{**target, "to": 11}, {**target, "parameter": "swell", "form": 1}]
        shade["conditions"] = [{"parameter": "gain", "minimum": 6, "maximum": 4}]
        bad = self.package("1.0.1", parameters=[swell, gain, shade])
        result = self.ctl("models", "lint", bad)
        self.assertEqual(result.code, FAILED)
        for line in ("error: parameters[0].targets[0].to is 11, above maximum 10",
                     "error: parameters[0].targets[1].form is not a field of the schema; 'from' is",
                     "error: parameters[0].targets[1].parameter 'swell' is the parameter itself",
                     "error: parameters[2].conditions[0].parameter 'gain' is moved by a macro",
                     "error: parameters[2].conditions[0].minimum is 6, above maximum 4"):
            self.assertIn(line, result.out)

    def test_garbage_goes(self):
        for version in ("1.0.0", "1.1.0", "1.2.0"):
            self.install(self.package(version))
        (self.own / ".import-abcdef" / "unpacked").mkdir(parents=True)
        (self.own / ".import-abcdef" / "unpacked" / "weights.bin").write_bytes(b"x" * 1000)
        (self.own / "empty").mkdir()
        plan = self.succeeds("--json", "models", "gc", "--dry-run").json
        self.assertEqual(sorted(os.path.basename(one["path"]) for one in plan["garbage"]),
                         [".import-abcdef", "empty"])
        self.assertTrue((self.own / "empty").exists())
        self.assertIn("freed", self.succeeds("models", "gc").out)
        self.assertFalse((self.own / "empty").exists() or self.leftovers())
        # 1.2.0 is used, 1.1.0 is what a rollback goes back to.
        self.succeeds("models", "gc", "--old-versions")
        self.assertEqual(sorted(os.listdir(self.own / self.model)), ["1.1.0", "1.2.0"])

    def test_credits(self):
        self.install(self.package("1.0.0"))
        text = self.succeeds("credits", self.model).out
        self.assertIn("Sample 1.0.0 (CC-BY-NC-4.0): Sample by the tests", text)
        self.assertIn("made with none", text)
        self.succeeds("models", "load", self.model)
        loaded = self.succeeds("--json", "credits").json["credits"]
        self.assertIn(self.model, [one["id"] for one in loaded])
        self.refuses(REFUSED, ["no-such"], "credits", "no-such")


class SubstituteTest(CtlTest):
    """With models.substitute = "compatible"."""

    configuration = '[models]\nsubstitute = "compatible"\n'

    def setUp(self):
        super().setUp()
        own = pathlib.Path(self.home.environment["XDG_DATA_HOME"]) / "continuo" / "models"
        for model in ("fake-gain", "fake-notes"):
            shutil.copytree(os.path.join(MODELS, model), own / model / "1.4.0", dirs_exist_ok=True)
            path = own / model / "1.4.0" / "model.json"
            made = json.loads(path.read_text())
            made["version"] = "1.4.0"
            path.write_text(json.dumps(made))

    def test_a_stream_gets_a_newer_version_and_says_so(self):
        write_wav(self.work / "in.wav", noise(1000, 1), 48000)
        result = self.succeeds("process", "in.wav", "out.wav", "--model", "fake-gain@1.2.0")
        self.assertIn("fake-gain 1.4.0 in place of 1.2.0, which is not installed", result.err)
        result = self.succeeds("process", "in.wav", "exact.wav", "--model", "fake-gain@1.0.0")
        self.assertNotIn("in place of", result.err)
        self.refuses(REFUSED, ["no version 1.5.0"], "process", "in.wav", "no.wav", "--model",
                     "fake-gain@1.5.0")
        self.refuses(REFUSED, ["no version 1.2.0"], "models", "show", "fake-gain@1.2.0")

    def test_a_job_gets_a_newer_version_and_its_plan_says_so(self):
        said = "fake-notes 1.4.0 in place of 1.2.0, which is not installed"
        arguments = ("generate", "melody", "--model", "fake-notes@1.2.0", "--seed", "1")
        plan = self.succeeds("--json", *arguments, "--dry-run").json
        self.assertEqual(plan["version"], "1.4.0")
        self.assertIn(said, plan["notes"])
        self.assertIn(said, self.succeeds(*arguments, "-o", "a.mid").out)


if __name__ == "__main__":
    unittest.main()
