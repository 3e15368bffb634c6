#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A project opened and saved by the real LMMS keeps everything the effect was given."""

import pathlib
import re
import struct
import time
import unittest
import xml.etree.ElementTree as ElementTree

from lmmslab import project, sandbox
from lmmslab.desk import Desk
from lmmslab.sandbox import Sandbox, wait_until

TEST_MODELS = pathlib.Path(__file__).resolve().parents[1] / "models"


def as_float(text):
    """The 32-bit float that a text stands for."""
    return struct.unpack("f", struct.pack("f", float(text)))[0]


class State(unittest.TestCase):
    def setUp(self):
        self.world = Sandbox()
        self.addCleanup(self.world.close)
        self.desk = Desk(self.world)

    def save_again(self, song, connected=False):
        """Opens the project in LMMS's window and saves it; the effect's node, the report, the project.

        With `connected` it is saved once the model has told its parameters, else as early as can be.
        """
        lmms = self.desk.open(song)
        if connected:
            ready = lambda: [stream["state"] for stream in (self.world.status() or {"streams": []})["streams"]] == ["ready"]
            self.assertTrue(wait_until(ready, 30, 0.1), "no stream")
            time.sleep(0.5)  # for what LMMS's own thread still has to do with the news
        self.desk.save(lmms)
        self.desk.quit(lmms)
        nodes = ElementTree.parse(lmms.source).findall(".//continuofxcontrols")
        self.assertEqual(len(nodes), 1)
        return nodes[0], self.world.reports()[-1], ElementTree.parse(lmms.source)

    def value(self, node, name):
        child = node.find(name)
        return as_float(child.get("value") if child is not None else node.get(name))

    def test_values_come_back_exactly(self):
        values = {"drive": 0.1, "tone": 3.14159274, "level": -11.0000010}
        node, report, _ = self.save_again(project.song(project.effect(parameters=values, mode="pipelined", channels="mid")),
                                          connected=True)
        self.assertEqual([node.get(name) for name in ("schema", "model", "mode", "channels")],
                         ["1", "drive", "pipelined", "mid"])
        for name, value in values.items():
            self.assertEqual(self.value(node, f"p_{name}"), as_float(value), name)
        self.assertEqual({child.get("id") for child in node.findall("parameter")}, set(values))
        self.assertEqual((report["model"], report["channels"]), ("drive", "mid"))

    def test_an_automated_knob_stays_linked(self):
        knob = '<p_drive id="4711" value="1" scale_type="linear"/>'
        tracks = project.automation(4711, [(0, 1), (192, 9)], 384)
        effect = project.effect(parameters={"tone": 6}, children=knob)
        node, _, saved = self.save_again(project.song(effect, tracks=tracks))
        self.assertEqual(saved.find(".//automationpattern/object").get("id"), node.find("p_drive").get("id"))

    def test_a_missing_model_keeps_all_it_was_given(self):
        knob = '<p_gain id="4711" value="0.25" scale_type="linear"/>'
        described = '<parameter id="gain" name="Gain" unit="dB" minimum="-20" maximum="20" default="0" curve="linear"/>'
        tracks = project.automation(4711, [(0, 1), (192, 9)], 384)
        effect = project.effect(model="no-such-model", model_version="9.8.7", mode="direct",
                                parameters={"cutoff": 12345.678, "depth": -0.5}, children=knob + described)
        node, report, saved = self.save_again(project.song(effect, tracks=tracks))
        self.assertEqual((node.get("model"), node.get("model_version"), node.get("mode")),
                         ("no-such-model", "9.8.7", "direct"))
        self.assertEqual(self.value(node, "p_cutoff"), as_float(12345.678))
        self.assertEqual(self.value(node, "p_depth"), -0.5)
        self.assertEqual(self.value(node, "p_gain"), 0.25)
        self.assertEqual(saved.find(".//automationpattern/object").get("id"), node.find("p_gain").get("id"))
        gain = node.find("parameter[@id='gain']")
        self.assertEqual((gain.get("minimum"), gain.get("maximum"), gain.get("name")), ("-20", "20", "Gain"))
        self.assertIn("no-such-model", report["words"])

    def test_a_later_schema_is_loaded_as_far_as_it_is_known_and_kept(self):
        later = '<orchestra size="3"><violin tuned="yes"/></orchestra>'
        effect = project.effect(parameters={"drive": 8, "mystery": 0.5, "word": "loud"}, mode="telepathic",
                                children=later, schema="7", season="spring", channels="quintet")
        node, report, _ = self.save_again(project.song(effect))
        self.assertEqual([node.get(name) for name in ("schema", "season", "mode", "channels")],
                         ["7", "spring", "telepathic", "quintet"])
        self.assertEqual(self.value(node, "p_drive"), 8)
        self.assertEqual(self.value(node, "p_mystery"), 0.5)
        self.assertEqual(node.get("p_word"), "loud")
        self.assertEqual(node.find("orchestra/violin").get("tuned"), "yes")
        self.assertRegex(report["words"], r"schema 7")
        self.assertEqual(report["parameters"]["drive"], 8)

    def test_a_knob_that_has_another_name_now_keeps_its_value_and_its_automation(self):
        self.world.environment["CONTINUO_MODEL_PATH"] = str(TEST_MODELS)
        knob = '<p_volume id="4711" value="2" scale_type="linear"/>'
        tracks = project.automation(4711, [(0, 1), (192, 3)], 384)
        effect = project.effect(model="fake-gain", children=knob)
        node, report, saved = self.save_again(project.song(effect, tracks=tracks), connected=True)
        self.assertEqual(self.value(node, "p_gain"), 2)
        self.assertEqual(saved.find(".//automationpattern/object").get("id"), node.find("p_gain").get("id"))
        self.assertIsNone(node.find("p_volume"))
        self.assertIsNone(node.get("p_volume"))
        self.assertEqual(report["parameters"]["gain"], 2)
        self.assertNotIn("volume", report["parameters"])

    def test_a_former_name_beside_the_new_one_is_kept_aside(self):
        self.world.environment["CONTINUO_MODEL_PATH"] = str(TEST_MODELS)
        effect = project.effect(model="fake-gain", parameters={"volume": 2, "gain": 3})
        node, report, _ = self.save_again(project.song(effect), connected=True)
        self.assertEqual(self.value(node, "p_gain"), 3)
        self.assertEqual(self.value(node, "p_volume"), 2)
        self.assertEqual(report["parameters"]["gain"], 3)

    def test_hostile_values_are_bounded_or_kept_aside(self):
        effect = project.effect(parameters={"drive": "1e30", "tone": "nan", "level": "-inf"})
        node, report, _ = self.save_again(project.song(effect), connected=True)
        self.assertEqual(node.get("channels"), "each")  # of a project from before there was a choice
        self.assertEqual(self.value(node, "p_drive"), 10)
        self.assertTrue(re.match(r"-?\d", str(report["parameters"]["tone"])))
        self.assertLessEqual(abs(report["parameters"]["level"]), 24)


if __name__ == "__main__":
    sandbox.main()
