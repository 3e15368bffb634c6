#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real LMMS renders projects through the effect; the sound is what the model makes of the dry one."""

import time
import unittest

import numpy

from lmmslab import audio, project, sandbox
from lmmslab.sandbox import Sandbox

KNOBS = {"drive": 7.25, "tone": 6, "level": -3.5}
SETTINGS = [word for name, value in KNOBS.items() for word in ("--set", f"{name}={value}")]
EXACT = 1e-6
FRAMES_A_BAR = 44100 * 60 * 4 // 140
FADE = int(0.008 * 44100)  # frames of a fade when the effect is switched
PERIOD = 256
# Three bars of a sine that changes its pitch within the second one.
TONE = {"notes": [project.note(45, 0, 3 * project.TICKS_PER_BAR // 2),
                  project.note(52, 3 * project.TICKS_PER_BAR // 2, 2 * project.TICKS_PER_BAR)],
        "bars": 3, "wave": 0, "others": 0}
OVERSAMPLED = ("-x", "2")  # what a render does by default: effects run at 88,200 Hz


class Render(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = Sandbox()
        cls.addClassCleanup(cls.world.close)
        cls.dry = cls.world.render(project.song(), "dry")

    def wet(self, name, effect_xml, **keywords):
        """Renders; the sound, and the report that proves that the effect was there."""
        song = {key: keywords.pop(key) for key in ("notes", "tracks", "rest", "bars", "wave", "others") if key in keywords}
        before = len(self.world.reports())
        wav = self.world.render(project.song(effect_xml, **song), name, **keywords)
        reports = self.world.reports()
        self.assertEqual(len(reports), before + 1, "LMMS did not load the effect")
        return wav, reports[-1]

    def processed(self, dry, *settings, model="drive"):
        """The same by `continuoctl process`, with LMMS's block."""
        out = dry.with_name(f"{dry.stem}-{abs(hash(settings))}-processed.wav")
        self.world.ctl("process", dry, out, "--model", model, "--block", "256", "--force", *settings)
        return audio.samples(out)

    def late(self, wav, report):
        """The render's samples from where it answers the first frame, as `continuoctl process` writes them."""
        return audio.samples(wav)[report["latency_frames"]:]

    def check_wet(self, report):
        self.assertEqual(report["connection"], "connected", report)
        self.assertEqual(report["missed"], 0, report)
        self.assertGreater(report["blocks"], 100)
        self.assertEqual(report["wet_blocks"], report["blocks"], report)

    def test_equals_continuoctl_process(self):
        wav, report = self.wet("wet", project.effect(parameters=KNOBS))
        self.check_wet(report)
        self.assertEqual((report["model"], report["sample_rate_hz"]), ("drive", 44100))
        self.assertEqual(report["parameters"], KNOBS)
        wet = self.late(wav, report)
        expected, dry = (sound[:len(wet)] for sound in (self.processed(self.dry, *SETTINGS), audio.samples(self.dry)))
        self.assertLess(audio.largest_difference(wet, expected), EXACT)
        self.assertGreater(audio.level(wet - dry), 0.1 * audio.level(dry), "the model is hardly to be heard")

    def test_two_renders_are_the_same_to_the_bit(self):
        effect = project.effect(parameters=KNOBS)
        first, second = (audio.bits(self.wet(name, effect)[0]) for name in ("first", "second"))
        self.assertTrue(first == second)

    def test_a_render_beside_busy_cores_is_the_same_to_the_bit(self):
        effect = project.effect(parameters=KNOBS)
        first = audio.bits(self.wet("idle", effect)[0])
        loops = [self.world.start("timeout", "60", "sh", "-c", "while :; do :; done") for _ in range(4)]
        try:
            wav, report = self.wet("busy", effect)
        finally:
            for loop in loops:
                loop.terminate()
                loop.wait()
        self.check_wet(report)
        self.assertTrue(first == audio.bits(wav))

    def test_the_default_oversampling_is_aligned_by_the_reported_latency(self):
        dry = audio.samples(self.world.render(project.song(), "dry2x", rate=OVERSAMPLED))
        plain, at_once = self.wet("wet1x", project.effect(parameters={"drive": 2, "tone": 5, "level": 0}))
        wav, report = self.wet("wet2x", project.effect(parameters={"drive": 2, "tone": 5, "level": 0}), rate=OVERSAMPLED)
        self.check_wet(report)
        self.assertEqual(report["sample_rate_hz"], 88200)
        latency = report["latency_frames"] / 2  # in frames of the file
        # What the pedal's own filters delay, measured where the path adds nothing.
        own = audio.delay_frames(audio.samples(self.dry)[:, 0], audio.samples(plain)[:, 0])
        own -= at_once["latency_frames"]
        delay = audio.delay_frames(dry[:, 0], audio.samples(wav)[:, 0])
        self.assertAlmostEqual(delay - own, latency, delta=0.5)

    def test_the_dry_part_is_delayed_as_the_wet_one(self):
        wav, report = self.wet("dryonly", project.effect(parameters=KNOBS, wet=0, mode="pipelined"))
        self.assertEqual(report["mode"], "pipelined")
        latency = report["latency_frames"]
        self.assertGreaterEqual(latency, 256)
        dry, out = audio.samples(self.dry), audio.samples(wav)
        self.assertEqual(audio.largest_difference(out[latency:], dry[:-latency]), 0)
        self.assertEqual(audio.level(out[:latency]), 0)

    def test_a_delayed_effect_is_not_put_to_sleep_before_its_tail_is_out(self):
        notes = project.staccato(2)
        dry = self.world.render(project.song(notes=notes), "gaps")
        wav, report = self.wet("gapswet", project.effect(parameters=KNOBS, mode="pipelined"), notes=notes)
        self.assertGreaterEqual(report["latency_frames"], 256)
        wet = self.late(wav, report)
        expected = self.processed(dry, *SETTINGS)[:len(wet)]
        self.assertLess(audio.largest_difference(wet, expected), EXACT)

    def test_a_compressor_lets_go_in_a_gap_in_which_nothing_sounds(self):
        """Its result is silent at once, and its gain is not back for seconds."""
        bar = project.TICKS_PER_BAR
        notes = [project.note(57, begin, bar // 4, 200) for begin in (0, bar // 4, bar // 2, 4 * bar)]
        dry = self.world.render(project.song(notes=notes, bars=5), "letgo")
        effect = project.effect(model="opto", parameters={"reduction": 10})
        wav, report = self.wet("letgowet", effect, notes=notes, bars=5)
        wet = self.late(wav, report)
        expected = self.processed(dry, "--set", "reduction=10", model="opto")[:len(wet)]
        second = slice(4 * FRAMES_A_BAR, 4 * FRAMES_A_BAR + 4410)
        self.assertLess(audio.level(expected[second]), 0.8 * audio.level(audio.samples(dry)[second]), "it does nothing")
        self.assertLess(audio.largest_difference(wet, expected), EXACT)

    def test_automation_of_a_knob_is_heard(self):
        bar = project.TICKS_PER_BAR
        knob = '<p_drive id="4711" value="1" scale_type="linear"/>'
        effect = project.effect(parameters={"tone": 6, "level": 0}, children=knob)
        tracks = project.automation(4711, [(0, 1), (bar, 9)], 2 * bar)
        wav, report = self.wet("automated", effect, tracks=tracks)
        again, _ = self.wet("automated2", effect, tracks=tracks)
        self.check_wet(report)
        self.assertEqual(report["parameters"]["drive"], 9)
        self.assertTrue(audio.bits(wav) == audio.bits(again))
        wet = self.late(wav, report)
        low, high = (self.processed(self.dry, "--set", f"drive={drive}", "--set", "tone=6", "--set", "level=0")
                     for drive in (1, 9))
        start, end = slice(0, FRAMES_A_BAR - 1000), slice(FRAMES_A_BAR + 30000, 2 * FRAMES_A_BAR - 1000)
        self.assertLess(audio.largest_difference(wet[start], low[start]), EXACT)
        self.assertLess(audio.largest_difference(wet[end], high[end]), 1e-3)
        self.assertGreater(audio.level(high[end] - low[end]), 0.2 * audio.level(low[end]))

    def test_a_controller_on_a_knob_is_heard(self):
        lfo = ('<controllers><lfocontroller name="LFO" type="1" wave="0" base="0.5" speed="1" amount="1" phase="0" '
               'multiplier="0"/></controllers>')
        effect = project.effect(parameters=KNOBS, children='<connection><p_level id="0"/></connection>')
        still, _ = self.wet("still", project.effect(parameters=KNOBS))
        moved, report = self.wet("moved", effect, rest=lfo)
        self.check_wet(report)
        self.assertGreater(audio.level(audio.samples(moved) - audio.samples(still)), 0.01)

    def test_a_missing_model_sounds_dry_and_is_named(self):
        started = time.monotonic()
        wav, report = self.wet("missing", project.effect(model="no-such-model", parameters={"x": 1}))
        self.assertEqual(audio.largest_difference(audio.samples(wav), audio.samples(self.dry)), 0)
        self.assertEqual(report["wet_blocks"], 0)
        self.assertIn("no-such-model", report["words"])
        self.assertLess(time.monotonic() - started, 15, "the render waited for what will not come")

    def test_a_switched_off_effect_is_not_heard(self):
        effect = project.effect(parameters=KNOBS).replace(' on="1"', ' on="0"')
        wav, report = self.wet("off", effect)
        self.assertEqual(report["blocks"], 0)
        self.assertTrue(audio.bits(wav) == audio.bits(self.dry))

    def test_off_and_on_again_make_no_click_and_bring_nothing_old(self):
        bar = project.TICKS_PER_BAR
        dry = audio.samples(self.world.render(project.song(**TONE), "tone"))
        effect = project.effect(parameters={"drive": 9, "tone": 8, "level": 0}, mode="pipelined")
        wav, report = self.wet("tonewet", effect, **TONE)
        latency = report["latency_frames"]
        self.assertGreaterEqual(latency, PERIOD)
        always = audio.samples(wav)
        switch = effect.replace(' on="1"', "").replace("<key/>", '<key/><on id="4712" value="1"/>')
        tracks = project.automation(4712, [(0, 1), (bar, 0), (2 * bar, 1)], 3 * bar)
        wav, report = self.wet("switched", switch, tracks=tracks, **TONE)
        switched = audio.samples(wav)
        off, on = (n * FRAMES_A_BAR // PERIOD * PERIOD for n in (1, 2))  # or a period later
        self.assertEqual(audio.largest_difference(switched[:off], always[:off]), 0)
        self.assertEqual(audio.largest_difference(switched[off + PERIOD + FADE + 1:on + latency + FADE],
                                                  dry[off + PERIOD + FADE + 1:on + latency + FADE]), 0)
        back = slice(on + 44100 // 4, 3 * FRAMES_A_BAR - 1000)
        self.assertLess(audio.largest_difference(switched[back], always[back]), 1e-3)
        slopes = [audio.largest_step(sound[PERIOD:3 * FRAMES_A_BAR - 1000]) for sound in (dry, always)]
        apart = numpy.max(numpy.abs(dry - always))
        for begin in (off, on):
            around = slice(begin - PERIOD, begin + latency + 3 * FADE + 2 * PERIOD)
            self.assertLess(audio.largest_step(switched[around]), 1.1 * max(slopes) + apart / FADE)

    def test_a_channel_that_was_muted_comes_back_without_the_sound_before(self):
        bar = project.TICKS_PER_BAR
        muted = lambda song: song.replace('<fxchannel num="1" muted="0"', '<fxchannel num="1"').replace(
            '<send channel="0"', '<muted id="4713" value="0"/><send channel="0"')
        tracks = project.automation(4713, [(0, 0), (bar, 1), (2 * bar, 0)], 3 * bar)
        effect = project.effect(parameters={"drive": 9, "tone": 8, "level": 0}, mode="pipelined")
        dry, wet = (audio.samples(self.world.render(muted(project.song(xml, tracks=tracks, **TONE)), name))
                    for xml, name in (("", "mute"), (effect, "mutewet")))
        latency = self.world.reports()[-1]["latency_frames"]
        self.assertGreaterEqual(latency, PERIOD)
        on = 2 * FRAMES_A_BAR // PERIOD * PERIOD
        self.assertEqual(audio.level(dry[on - PERIOD:on]), 0, "LMMS did not mute the channel")
        self.assertGreater(audio.level(dry[on + PERIOD:on + 2 * PERIOD]), 0.01)
        back = slice(on, on + latency + FADE)
        self.assertEqual(audio.largest_difference(wet[back], dry[back]), 0)


if __name__ == "__main__":
    sandbox.main()
