#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A and B at equal loudness in the real LMMS: what is heard, what the panel says, and that neither
the song nor an export has it."""

import re
import time
import unittest
import xml.etree.ElementTree as ElementTree

import numpy

from lmmslab import audio, project, sandbox
from lmmslab.desk import Desk
from lmmslab.panel import FAKE_GAIN, Panel
from lmmslab.sandbox import JACK, Sandbox, wait_until
from lmmslab.widgets import Widgets

PERIOD = 256
TWICE = 20 * numpy.log10(2)
OFF, UNKNOWN = "= dB", "= …"
LOUDER = ('<other_side model="fake-gain" model_version="" mode="pipelined" channels="each" p_gain="2">'
          '<parameter id="gain" name="Gain" minimum="0" maximum="4" default="1"/></other_side>')
SOFT = {"gain": 1}


class EqualLoudness(unittest.TestCase):
    def button(self):
        return self.widgets.get(help="effect#equal-loudness", own=True)["text"]

    def await_button(self, *texts):
        if not wait_until(lambda: self.button() in texts, 30, 0.1):
            self.fail(f"'{self.button()}', not {texts}: {self.desk.screenshot('equal-loudness')}")

    def await_gain(self, db):
        """Where the machine is busy some blocks are dry, and the side is measured with them."""
        def near():
            told = re.fullmatch(r"(−?\d+\.\d) dB", self.button())
            return told and abs(float(told[1].replace("−", "-")) - db) < 0.5

        if not wait_until(near, 30, 0.1):
            self.fail(f"'{self.button()}', not {db} dB: {self.desk.screenshot('equal-loudness')}")

    def heard(self, name):
        """The level of a second of what LMMS plays, in dB."""
        recorder = self.desk.record(2, name)
        recorder.wait(30)
        sound = audio.samples(recorder.wav)
        return 20 * numpy.log10(audio.level(sound[-44100:]))

    def test_the_louder_side_is_turned_down_for_the_ear_alone(self):
        with Sandbox(audio=JACK, period=PERIOD) as world:
            world.environment["CONTINUO_MODEL_PATH"] = str(FAKE_GAIN.parent)
            self.widgets, self.desk = Widgets(world), Desk(world, jack_period=PERIOD)
            effect = project.effect(model="fake-gain", mode="pipelined", parameters=SOFT, children=LOUDER)
            song = project.song(effect, notes=project.one_tone(4), bars=4, wave=0, others=0, loop=True)
            lmms = self.desk.open(song)
            self.addCleanup(lambda: lmms.poll() is not None or lmms.kill())
            panel = Panel(self.desk, lmms)
            panel.await_lamp()
            before = panel.save().read_text()
            self.desk.play()
            time.sleep(1)
            self.assertEqual(self.button(), OFF)
            soft = self.heard("soft")
            panel.click(panel.B)
            time.sleep(0.5)
            self.assertAlmostEqual(self.heard("loud") - soft, TWICE, delta=0.5)

            # B is measured, then A; from then on both are heard alike.
            panel.click(panel.EQUAL)
            self.await_button(UNKNOWN)
            time.sleep(3)
            panel.click(panel.A)
            self.await_gain(0)
            self.assertAlmostEqual(self.heard("equal-a"), soft, delta=0.5)
            panel.click(panel.B)
            self.await_gain(-TWICE)
            self.assertAlmostEqual(self.heard("equal-b"), soft, delta=0.5)

            # Neither is it saved, nor exported; and it ends with the panel.
            saved = panel.save().read_text()
            self.assertEqual(self.names(saved) - self.names(before), {"side"})
            self.desk.click(*self.desk.CONTROLS)
            time.sleep(0.5)
            self.assertAlmostEqual(self.heard("closed") - soft, TWICE, delta=0.5)
            self.desk.click(*self.desk.CONTROLS)
            self.await_button(OFF)
            self.desk.quit(lmms)
            peaks = [numpy.abs(audio.samples(world.render(text, name))).max()
                     for text, name in ((before, "a"), (saved, "b"))]
            self.assertAlmostEqual(peaks[1] / peaks[0], 2, delta=1e-3)

    def names(self, text):
        """Of everything that is said of the effect."""
        node = ElementTree.fromstring(text).find(".//continuofxcontrols")
        return {name for element in node.iter() for name in (element.tag, *element.attrib)}


if __name__ == "__main__":
    sandbox.main()
