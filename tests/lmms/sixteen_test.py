#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sixteen effects on sixteen tracks of one project: rendered, and in real time beside the same without them."""

import os
import time
import unittest

from lmmslab import amp, audio, project, sandbox
from lmmslab.desk import Desk
from lmmslab.sandbox import JACK, Sandbox, wait_until

TRACKS = 16
PERIOD = 256
SECONDS = float(os.environ.get("CONTINUO_SIXTEEN_SECONDS", "10"))


def total(reports, name):
    return sum(report[name] for report in reports)


class Sixteen(unittest.TestCase):
    def world(self, **keywords):
        world = Sandbox(**keywords)
        self.addCleanup(world.close)
        self.model = amp.install(world.home / ".local/share/continuo/models")
        return world

    def test_render(self):
        world = self.world()
        dry = world.render(project.song(synths=TRACKS), "dry")
        wet = world.render(project.song(project.effect(self.model), synths=TRACKS), "wet")
        reports = world.reports()
        self.assertEqual(len(reports), TRACKS)
        for report in reports:
            self.assertEqual((report["connection"], report["missed"]), ("connected", 0), report)
            self.assertEqual(report["wet_blocks"], report["blocks"])
            self.assertGreater(report["blocks"], 100)
        self.assertGreater(audio.largest_difference(audio.samples(wet), audio.samples(dry)), 0.01, "nothing was changed")
        again = world.render(project.song(project.effect(self.model), synths=TRACKS), "again")
        self.assertEqual(audio.bits(wet), audio.bits(again))

    def play(self, effect):
        """Plays a while; periods missed in that time, and the reports."""
        with Sandbox(audio=JACK, period=PERIOD) as world:
            amp.install(world.home / ".local/share/continuo/models")
            desk = Desk(world, jack_period=PERIOD)
            lmms = desk.open(project.song(effect, bars=4, loop=True, synths=TRACKS))
            ready = lambda: len((world.status() or {"streams": []})["streams"]) == TRACKS
            if 'on="1"' in effect and effect:
                self.assertTrue(wait_until(ready, 60, 0.2), "not all effects have a stream")
            desk.play()
            time.sleep(2)
            before = desk.missed_periods()
            time.sleep(SECONDS)
            missed = desk.missed_periods() - before
            desk.quit(lmms)
            return missed, world.reports()

    without = None  # periods missed without effects, the same for each mode

    def check_play(self, model, mode):
        effect = project.effect(model, mode=mode)
        if Sixteen.without is None:
            Sixteen.without, _ = self.play("")
        missed, reports = self.play(effect)
        self.assertEqual(len(reports), TRACKS)
        blocks, wet = total(reports, "blocks"), total(reports, "wet_blocks")
        print(f"\n{model}, {mode}, {SECONDS:.0f} s of {SECONDS * 44100 / PERIOD:.0f} periods: LMMS missed {missed} periods, "
              f"{self.without} without the effects; {total(reports, 'missed')} of {blocks} blocks missed, {blocks - wet} with those "
              f"before the first result; "
              f"waited p50 {sorted(r['wait_p50_us'] for r in reports)[TRACKS // 2]:.0f} us, "
              f"p99 {sorted(r['wait_p99_us'] for r in reports)[TRACKS // 2]:.0f} us (median stream)")
        for reason in sorted({report["mode_reason"] for report in reports}):
            print(f"  {sum(report['mode_reason'] == reason for report in reports)} x {reason}")
        for report in reports:
            self.assertEqual((report["connection"], report["violations"]), ("connected", 0), report)
            self.assertGreater(report["wet_blocks"], 0, report)
        # From the first result on: how soon there is one depends on how soon all of LMMS is there.
        return wet / (wet + total(reports, "missed"))

    def test_amps_in_direct_mode(self):
        # Of another program's load nothing can be asserted; of sound that flows it can.
        self.assertGreater(self.check_play(amp.MODEL, "direct"), 0.9)

    def test_amps_in_mode_auto(self):
        self.assertGreater(self.check_play(amp.MODEL, "auto"), 0.9)

    @unittest.skipUnless(os.environ.get("CONTINUO_SIXTEEN_MODEL"), "asks for a model to measure")
    def test_another_model(self):
        for mode in ("direct", "auto"):
            self.check_play(os.environ["CONTINUO_SIXTEEN_MODEL"], mode)


if __name__ == "__main__":
    sandbox.main()
