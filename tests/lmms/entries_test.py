#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each model is an entry of its own in LMMS's list of effects."""

import json
import os
import shutil
import signal
import unittest
import xml.etree.ElementTree as ElementTree

from lmmslab import amp, project, sandbox
from lmmslab.desk import Desk
from lmmslab.panel import install_many
from lmmslab.sandbox import BUILD, Sandbox, wait_until

CACHE = ".cache/continuo/lmms-models.json"


class Entries(unittest.TestCase):
    def setUp(self):
        self.world = Sandbox()
        self.addCleanup(self.world.close)
        self.desk = Desk(self.world)

    def open(self):
        """LMMS with a song without effects, once it has been told of the models."""
        lmms = self.desk.open(project.song())
        self.assertTrue(wait_until((self.world.home / CACHE).exists, 30, 0.1), "LMMS knows no models")
        return lmms

    def streams(self):
        """The models of the streams that are ready."""
        status = self.world.status() or {"streams": []}
        return [stream["model_id"] for stream in status["streams"] if stream["state"] == "ready"]

    def await_streams(self, *models):
        if not wait_until(lambda: self.streams() == list(models), 30, 0.2):
            self.fail(f"{self.streams()}: {self.desk.screenshot('no-stream')}\n{self.world.daemon_log()}")

    def saved(self, lmms):
        """Of each of our effects in the saved song: the model of its state, and that of its key."""
        return [(effect.find("continuofxcontrols").get("model"),
                 [(one.get("name"), one.get("value")) for one in effect.findall("key/attribute")])
                for effect in ElementTree.parse(self.desk.save(lmms)).iter("effect") if effect.get("name") == "continuofx"]

    def test_an_entry_adds_the_effect_with_its_model(self):
        lmms = self.open()
        self.desk.add_effect("Opto")
        self.await_streams("opto")
        self.assertEqual(self.saved(lmms), [("opto", [("model", "opto")])])
        self.desk.quit(lmms)
        self.assertEqual(self.world.reports()[-1]["words"], "connected")

    def test_the_plain_entry_has_no_model_yet(self):
        lmms = self.open()
        self.desk.add_effect("Continuo")
        self.assertEqual(self.saved(lmms), [("", [])])
        self.desk.quit(lmms)

    def test_the_plain_entry_takes_the_only_model_there_is(self):
        prefix = self.world.root / "prefix"  # a daemon without the models that come with it
        for name in "bin/continuod", "bin/continuo-runner", "lib/continuo/libcontinuo-executor-fake.so":
            (prefix / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(BUILD / name, prefix / name)
        self.world.environment["CONTINUO_DAEMON"] = str(prefix / "bin/continuod")
        self.world.environment["CONTINUO_MODEL_PATH"] = str(self.world.root / "packages")
        model = install_many(self.world.root / "packages")
        lmms = self.open()
        self.desk.add_effect("Continuo")
        self.await_streams(model)
        self.assertEqual(self.saved(lmms), [(model, [("model", model)])])
        self.desk.quit(lmms)

    def test_a_model_that_is_installed_meanwhile_is_there_when_the_list_is_opened_next(self):
        lmms = self.open()
        self.desk.add_effect("Drive")
        self.await_streams("drive")
        model = amp.install(self.world.root / "packages")
        self.world.ctl("models", "install", self.world.root / "packages" / model)
        self.desk.add_effect("WaveNet standard")
        self.await_streams("drive", model)
        self.assertEqual(self.saved(lmms), [("drive", [("model", "drive")]), (model, [("model", model)])])
        self.desk.quit(lmms)

    def test_the_list_is_there_without_a_daemon_and_with_one_that_has_stopped(self):
        lmms = self.open()
        self.desk.add_effect("Drive")
        self.await_streams("drive")
        daemon = self.world.status()["daemon_pid"]
        os.kill(daemon, signal.SIGSTOP)
        try:
            self.desk.add_effect("Opto")
            self.assertEqual([model for model, _ in self.saved(lmms)], ["drive", "opto"])
        finally:
            os.kill(daemon, signal.SIGCONT)
        self.await_streams("drive", "opto")
        self.desk.quit(lmms)

        self.world.environment["CONTINUO_DAEMON"] = "/nonexistent/continuod"
        os.kill(daemon, signal.SIGTERM)
        self.assertTrue(wait_until(lambda: self.world.status() is None, 20, 0.1))
        lmms = self.open()
        self.desk.add_effect("Opto")
        self.assertEqual(self.saved(lmms), [("opto", [("model", "opto")])])
        self.desk.quit(lmms)

    def test_what_was_kept_of_the_list_may_be_damaged(self):
        cache = self.world.home / CACHE
        cache.parent.mkdir(parents=True)
        damaged = '[{"id": 3}, {"id": "drive", "latency_frames": -1e300}, "opto", {"id": "opto", "name"'
        cache.write_text(damaged)
        lmms = self.desk.open(project.song())
        self.assertTrue(wait_until(lambda: cache.read_text() != damaged, 30, 0.1), "LMMS knows no models")
        self.desk.add_effect("Opto")
        self.await_streams("opto")
        self.saved(lmms)
        self.desk.quit(lmms)
        self.assertIn("opto", [model["id"] for model in json.loads(cache.read_text())])

    def open_and_save(self, effect, key):
        """A project's effect with that state and key: what LMMS saves of it, and the report."""
        lmms = self.desk.open(project.song(effect.replace("<key/>", f"<key>{key}</key>")))
        saved = self.saved(lmms)
        self.desk.quit(lmms)
        return saved, self.world.reports()[-1]

    def test_in_a_project_the_state_goes_before_the_key(self):
        saved, report = self.open_and_save(project.effect(model="drive"), '<attribute name="model" value="tube"/>')
        self.assertEqual(saved, [("drive", [("model", "drive")])])
        self.assertEqual(report["model"], "drive")

    def test_a_project_whose_model_is_missing_opens_and_keeps_its_name(self):
        saved, report = self.open_and_save(
            project.effect(model="lost"),
            '<attribute name="later" value="1"/><attribute name="model" value="lost"/>')
        self.assertEqual(saved, [("lost", [("later", "1"), ("model", "lost")])])
        self.assertIn("lost", report["words"])
        self.assertEqual(report["wet_blocks"], 0)


if __name__ == "__main__":
    sandbox.main()
