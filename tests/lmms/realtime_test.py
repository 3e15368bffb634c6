#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""LMMS plays in real time against the JACK dummy driver, with the effect's panel open."""

import time
import unittest

from lmmslab import project, sandbox
from lmmslab.desk import SCREENSHOTS, Desk
from lmmslab.picture import discs
from lmmslab.sandbox import JACK, Sandbox, wait_until

CONNECTED = (0x0B, 0xD5, 0x56)  # the panel's lamp
PERIOD = 256
PLAYED_SECONDS = 8


class RealTime(unittest.TestCase):
    def test_plays_through_the_model_and_the_panel_says_connected(self):
        with Sandbox(audio=JACK, period=PERIOD) as world:
            desk = Desk(world, jack_period=PERIOD)
            song = project.song(project.effect(parameters={"drive": 7, "tone": 6, "level": -3}), bars=4, loop=True)
            lmms = desk.open(song)
            # LMMS calls effects before it plays too; what counts begins with the model.
            ready = wait_until(lambda: [stream for stream in (world.status() or {"streams": []})["streams"]
                                        if stream["state"] == "ready"], 60, 0.2)
            self.assertTrue(ready, "the effect has no stream")
            self.assertEqual((ready[0]["model_id"], ready[0]["client_name"]), ("drive", "LMMS 1.2.2"))
            desk.play()
            desk.open_panel()
            time.sleep(PLAYED_SECONDS)
            desk.screenshot("lmms")
            panel = desk.screenshot("panel", (700, 117, 420, 500))
            self.assertEqual(len(discs(panel, CONNECTED)), 1, f"no green lamp on {panel}")
            desk.quit(lmms)
            report = world.reports()[0]
            print(f"\n{SCREENSHOTS / 'lmms.png'}\n{report}")
            self.assertEqual(report["words"], "connected")
            self.assertEqual((report["model"], report["version"]), ("drive", ready[0]["model_version"]))
            self.assertGreater(report["wet_blocks"], 0.8 * PLAYED_SECONDS * 44100 / PERIOD)
            self.assertLess(report["missed"], 0.1 * report["blocks"])
            self.assertEqual(report["violations"], 0)


if __name__ == "__main__":
    sandbox.main()
