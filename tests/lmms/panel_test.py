#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The effect's panel in the real LMMS: folds, search, presets, comparison, meters and pictures."""

import json
import time
import unittest
import xml.etree.ElementTree as ElementTree

import numpy

from lmmslab import audio, panel as panel_module, project, sandbox
from lmmslab.desk import Desk
from lmmslab.panel import CONNECTED, FAKE_GAIN, INPUT, Panel
from lmmslab.picture import discs, pixels
from lmmslab.sandbox import Sandbox, wait_until
from lmmslab.studio import Studio
from lmmslab.widgets import Widgets, middle

KNOB = '<p_gain id="4711" value="1" scale_type="linear"/>'


def controls(path):
    """The effect's settings in a project: itself, and the other side of the comparison."""
    node = ElementTree.parse(path).find(".//continuofxcontrols")
    return node, node.find("other_side")


def value(node, name):
    child = node.find(name)
    return float(child.get("value") if child is not None else node.get(name))


class InLmms(unittest.TestCase):
    def setUp(self):
        self.world = Sandbox()
        self.addCleanup(self.world.close)
        self.world.environment["CONTINUO_MODEL_PATH"] = str(FAKE_GAIN.parent)

    def open(self, song, name="song"):
        self.desk = Desk(self.world)
        return self.open_again(song, name)

    def open_again(self, song, name):
        lmms = self.desk.open(song, name)
        self.addCleanup(lambda: lmms.poll() is not None or lmms.kill())
        panel = Panel(self.desk, lmms)
        panel.await_lamp()
        return panel

    def peak(self, text, name):
        return float(numpy.abs(audio.samples(self.world.render(text, name))).max())

    def test_advanced_knobs_unfold_and_a_search_finds_what_is_folded_away(self):
        models = self.world.root / "packages"
        self.world.environment["CONTINUO_MODEL_PATH"] = str(models)
        panel = self.open(project.song(project.effect(model=panel_module.install_many(models))))
        folded = panel.await_lamp()
        panel.click(panel.FOLD)
        self.assertAlmostEqual(panel.await_lamp(), folded + 2 * panel.ROW, delta=2)
        panel.click(panel.FOLD)
        self.assertAlmostEqual(panel.await_lamp(), folded, delta=2)
        # One row is left of two: "Rare 2", by its name and its description.
        panel.click(panel.SEARCH)
        panel.key(*"seldom", "space", *"2")
        self.assertAlmostEqual(panel.await_lamp(), folded - panel.ROW, delta=2)
        panel.key("ctrl+a", "Delete")
        self.assertAlmostEqual(panel.await_lamp(), folded, delta=2)
        self.desk.quit(panel.lmms)

    def test_the_latency_is_told_before_anything_was_played(self):
        widgets = Widgets(self.world)

        def latency():
            figures = [widget for widget in widgets.find(help="effect#latency", own=True) if widget["tip"]]
            return figures[0]["tip"].split("\n")[0] if figures else None

        panel = self.open(project.song(project.effect(model="fake-gain", mode="pipelined")))
        self.assertTrue(wait_until(lambda: latency() == "5.8 ms · 256 frames", 10), latency())
        mode = middle(widgets.get(help="effect#mode", **{"class": "ComboBox"}))
        self.desk.click(*mode, button=4)  # the wheel: to the entry above
        self.assertTrue(wait_until(lambda: latency() == "0.0 ms · 0 frames", 10), latency())
        self.desk.click(*mode, button=5)
        self.assertTrue(wait_until(lambda: latency() == "5.8 ms · 256 frames", 10), latency())
        panel.save()
        self.desk.quit(panel.lmms)
        self.assertEqual(self.world.reports()[-1]["blocks"], 0, "something was played")

    def test_a_closed_panel_does_nothing_and_is_up_to_date_when_it_opens(self):
        widgets = Widgets(self.world)
        self.desk = Desk(self.world)
        lmms = self.desk.open(project.song(project.effect(model="fake-gain", parameters={"gain": 3})))
        self.addCleanup(lambda: lmms.poll() is not None or lmms.kill())

        def panel():
            """What there is of it, shown or not."""
            return [widget for widget in widgets.all() if (widget["help"] or "").startswith("effect")]

        def timers():
            return sum(widget["timers"] for widget in panel())

        def gain():
            return value(controls(self.desk.save(lmms))[0], "p_gain")

        streams = lambda: (self.world.status() or {"streams": []})["streams"]
        self.assertTrue(wait_until(lambda: [one["state"] for one in streams()] == ["ready"], 30, 0.1))
        self.assertTrue(panel())
        self.assertEqual(timers(), 0)
        # What a script turns is in the song all the same.
        self.world.ctl("stream", "set", streams()[0]["stream_id"], "gain=2")
        self.assertTrue(wait_until(lambda: gain() == 2, 20, 0.2))
        self.assertEqual(timers(), 0)

        opened = Panel(self.desk, lmms)
        opened.await_lamp()
        self.assertTrue(widgets.find(text="2.00", **{"class": "QLabel"}), widgets.find(**{"class": "QLabel"}))
        self.assertGreater(timers(), 1)  # the figures', and the picture's
        self.desk.click(*self.desk.CONTROLS)
        self.assertTrue(wait_until(lambda: timers() == 0, 10))
        self.desk.quit(lmms)

    def test_where_there_is_no_model_no_latency_is_told(self):
        widgets = Widgets(self.world)
        self.desk = Desk(self.world)
        lmms = self.desk.open(project.song(project.effect(model="not-there")))
        self.addCleanup(lambda: lmms.poll() is not None or lmms.kill())
        Panel(self.desk, lmms)
        texts = lambda: [widget["text"] for widget in widgets.find(help="effect#latency", own=True)]
        self.assertTrue(wait_until(lambda: sorted(texts()) == ["LATENCY", "–"], 10), texts())
        self.desk.quit(lmms)

    def test_a_preset_of_the_model_turns_the_knob_and_the_sound(self):
        panel = self.open(project.song(project.effect(model="fake-gain", children=KNOB)))
        before = panel.save().read_text()
        panel.preset(2)
        after = panel.save()
        node, _ = controls(after)
        self.assertEqual((node.get("preset"), value(node, "p_gain")), ("model:half", 0.5))
        self.desk.quit(panel.lmms)
        self.assertAlmostEqual(self.peak(after.read_text(), "half") / self.peak(before, "whole"), 0.5, delta=1e-5)

    def test_reset_is_the_models_default_whatever_the_song_was_saved_with(self):
        panel = self.open(project.song(project.effect(model="fake-gain", parameters={"gain": 3})))
        self.assertEqual(value(controls(panel.save())[0], "p_gain"), 3)
        panel.click(panel.ONLY_KNOB, button=2)
        self.assertEqual(value(controls(panel.save())[0], "p_gain"), 1)
        self.desk.quit(panel.lmms)

    def test_presets_of_the_user_are_saved_chosen_written_over_and_removed(self):
        panel = self.open(project.song(project.effect(model="fake-gain", parameters={"gain": 3})))
        file = self.world.home / ".local/share/continuo/presets/fake-gain/Mine.json"
        panel.preset(3)  # Save as…, after the defaults and the model's; what cannot be chosen is passed over
        dialog = panel.dialog("Save a preset")
        for name in *"Mine", "Return":
            self.desk.key(dialog, name)
        self.assertTrue(wait_until(file.exists, 20), "no preset was saved")
        self.assertEqual(json.loads(file.read_text())["values"]["gain"], 3)
        panel.preset(1)
        self.assertEqual(value(controls(panel.save())[0], "p_gain"), 1)
        panel.preset(3)
        node, _ = controls(panel.save())
        self.assertEqual((node.get("preset"), value(node, "p_gain")), ("user:Mine", 3))
        panel.preset(2)
        panel.preset(4)  # Save as…, under the same name
        dialog = panel.dialog("Save a preset")
        for name in *"Mine", "Return":
            self.desk.key(dialog, name)
        self.desk.key(panel.dialog("Save a preset"), "alt+y")
        self.assertTrue(wait_until(lambda: json.loads(file.read_text())["values"]["gain"] == 0.5, 20), file.read_text())
        panel.preset(6)  # Delete…
        self.desk.key(panel.dialog("Delete a preset"), "alt+y")
        self.assertTrue(wait_until(lambda: not file.exists(), 20), "the preset is still there")
        self.assertIsNone(controls(panel.save())[0].get("preset"))
        self.desk.quit(panel.lmms)

    def test_a_and_b_are_kept_over_save_and_reopen_and_automation_stays_linked(self):
        tracks = project.automation(4711, [(0, 1)], 384)
        panel = self.open(project.song(project.effect(model="fake-gain", children=KNOB), tracks=tracks))
        node, other = controls(panel.save())
        self.assertIsNone(other)  # who never compares has nothing of it in the song
        self.assertIsNone(node.get("side"))
        panel.click(panel.B)
        panel.preset(2)
        saved = panel.save()
        node, other = controls(saved)
        self.assertEqual((node.get("side"), value(node, "p_gain"), value(other, "p_gain")), ("B", 0.5, 1))
        self.desk.quit(panel.lmms)

        panel = self.open_again(saved.read_text(), "again")
        panel.click(panel.A)
        saved = panel.save()
        node, other = controls(saved)
        self.assertEqual((node.get("side"), value(node, "p_gain"), value(other, "p_gain")), (None, 1, 0.5))
        self.assertEqual(other.get("preset"), "model:half")
        linked = ElementTree.parse(saved).find(".//automationpattern/object").get("id")
        self.assertEqual(linked, node.find("p_gain").get("id"))
        panel.click(panel.COPY)
        _, other = controls(panel.save())
        self.assertEqual(value(other, "p_gain"), 1)
        self.desk.quit(panel.lmms)

    def test_what_was_copied_over_comes_back_by_lmmss_undo(self):
        softer = ('<other_side model="fake-gain" model_version="" mode="auto" channels="each" preset="model:half"'
                  ' p_gain="0.5"><parameter id="gain" name="Gain" minimum="0" maximum="4" default="1"/></other_side>')
        panel = self.open(project.song(project.effect(model="fake-gain", parameters={"gain": 3}, children=softer)))

        def gains():
            node, other = controls(panel.save())
            return node.get("side"), value(node, "p_gain"), value(other, "p_gain")

        panel.click(panel.COPY)
        self.assertEqual(gains(), (None, 3, 3))
        panel.key("ctrl+z")
        self.assertEqual(gains(), (None, 3, 0.5))
        self.assertEqual(controls(panel.lmms.source)[1].get("preset"), "model:half")
        panel.key("ctrl+y")
        self.assertEqual(gains(), (None, 3, 3))
        # The side that it comes back to sounds by now.
        panel.click(panel.B)
        self.assertEqual(gains(), ("B", 3, 3))
        panel.key("ctrl+z")
        self.assertEqual(gains(), ("B", 0.5, 3))
        self.desk.quit(panel.lmms)
        self.assertEqual(self.world.reports()[-1]["parameters"]["gain"], 0.5)

    def test_sides_with_two_models_keep_the_automation_of_both(self):
        drive = ('<other_side model="drive" model_version="" mode="pipelined" channels="mid">'
                 '<p_drive id="4712" value="7" scale_type="linear"/>'
                 '<parameter id="drive" name="Drive" minimum="0" maximum="10" default="5"/></other_side>')
        tracks = project.automation(4711, [(0, 1)], 384) + project.automation(4712, [(0, 7)], 384)
        panel = self.open(project.song(project.effect(model="fake-gain", children=KNOB + drive), tracks=tracks))
        panel.click(panel.B)
        panel.await_lamp()
        time.sleep(1)
        saved = panel.save()
        node, other = controls(saved)
        self.assertEqual([node.get(name) for name in ("side", "model", "mode", "channels")],
                         ["B", "drive", "pipelined", "mid"])
        self.assertEqual((value(node, "p_drive"), value(other, "p_gain")), (7, 1))
        linked = {one.get("id") for one in ElementTree.parse(saved).iterfind(".//automationpattern/object")}
        self.assertLessEqual({other.find("p_gain").get("id"), node.find("p_drive").get("id")}, linked)
        self.desk.quit(panel.lmms)
        self.assertEqual(self.world.reports()[-1]["model"], "drive")

    def test_a_knob_that_both_sides_models_have_keeps_its_value_on_each(self):
        tube = ('<other_side model="tube" model_version="" mode="auto" channels="each" p_level="-9">'
                '<parameter id="level" name="Level" unit="dB" minimum="-24" maximum="12" default="0"/></other_side>')
        panel = self.open(project.song(project.effect(parameters={"level": -3}, children=tube)))
        for side, here, there in ("B", -9, -3), ("A", -3, -9):
            panel.click(getattr(panel, side))
            time.sleep(1)
            panel.await_lamp()
            node, other = controls(panel.save())
            self.assertEqual((value(node, "p_level"), value(other, "p_level")), (here, there), side)
        self.desk.quit(panel.lmms)

    def test_the_studios_models_open_from_the_panel(self):
        panel = self.open(project.song(project.effect(model="fake-gain")))
        panel.click(panel.MODELS)
        x, y, _, height = Studio.WINDOW
        foot = (x, y + height - 40, 60, 40)
        self.assertTrue(wait_until(lambda: len(discs(self.desk.screenshot("studio-foot", foot), CONNECTED)) == 1, 30, 0.2),
                        f"no studio: {self.desk.screenshot('no-studio')}")
        # Of its three tabs the last one is in front, and so the lightest.
        tabs = pixels(self.desk.screenshot("studio-tabs", (x + 8, y + 30, 300, 1)))[0].sum(axis=1)
        self.assertGreater(numpy.median(tabs[190:250]), numpy.median(tabs[20:70]))
        self.desk.quit(panel.lmms)

    def test_meters_and_pictures_move_while_the_song_plays(self):
        self.world.environment.pop("CONTINUO_MODEL_PATH")
        song = project.song(project.effect(parameters={"drive": 7, "tone": 6, "level": -3}), bars=4, loop=True)
        panel = self.open(song)
        lamp = round(panel.await_lamp())
        picture = panel.picture_area(lamp)
        meters = panel.meter_areas(lamp)
        for area in meters:
            self.assertEqual(panel.lit("panel-silent", area, CONNECTED), 0)
        self.assertEqual(panel.lit("panel-silent", picture, CONNECTED), 0)
        self.desk.play()
        for area in (*meters, picture):
            self.assertTrue(wait_until(lambda: panel.lit("panel-playing", area, CONNECTED) > 50, 20, 0.2), area)
        panel.tab(panel.SPECTRUM, lamp)
        for colour in (CONNECTED, INPUT):
            self.assertTrue(wait_until(lambda: panel.lit("panel-spectrum", picture, colour) > 50, 20, 0.2), colour)
        self.desk.quit(panel.lmms)


if __name__ == "__main__":
    sandbox.main()
