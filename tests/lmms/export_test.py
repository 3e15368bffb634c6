#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An export from LMMS's window, with oversampling: the rate changes under the effect while it lives."""

import time
import unittest

from lmmslab import audio, project, sandbox
from lmmslab.desk import Desk
from lmmslab.sandbox import Sandbox, wait_until

QUANTUM = 2.0 ** -23  # the dialog writes 24 bits
# Where LMMS's export dialog has them on this desk.
OVERSAMPLING = (862, 297)
START = (910, 602)


class Export(unittest.TestCase):
    def test_equals_the_render_of_the_command_line(self):
        with Sandbox() as world:  # LMMS 1.2.2 hangs after any export where it plays through JACK
            desk = Desk(world)
            song = project.song(project.effect(parameters={"drive": 7}))
            wanted = audio.samples(world.render(song, "wanted", "-i", "sincmedium", rate=("-x", "2")))
            at_once = audio.samples(world.render(song, "plain"))
            lmms = desk.open(song)
            ready = wait_until(lambda: (world.status() or {"streams": []})["streams"], 30, 0.1)
            self.assertEqual(ready[0]["sample_rate_hz"], 44100)
            desk.play()
            time.sleep(2)  # what is played before must not be heard in the export

            desk.key(lmms, "ctrl+e")
            time.sleep(1.5)
            out = world.root / "out.wav"
            desk.tool("xdotool", "type", out)
            desk.tool("xdotool", "key", "Return")
            time.sleep(2)
            desk.click(*OVERSAMPLING)
            desk.tool("xdotool", "key", "Down", "Return")
            desk.screenshot("export")
            desk.click(*START)
            rates = set()

            def done():
                rates.update(stream["sample_rate_hz"] for stream in (world.status() or {"streams": []})["streams"])
                return out.exists() and out.stat().st_size > 6 * len(wanted) - 6000

            self.assertTrue(wait_until(done, 60, 0.05), "the export does not end")
            time.sleep(1)
            self.assertIn(88200, rates)
            exported = audio.samples(out)
            frames = min(len(exported), len(wanted), len(at_once))
            self.assertGreater(audio.level(wanted[:frames] - at_once[:frames]), 100 * QUANTUM, "2x is not to be told from 1x")
            self.assertLess(audio.largest_difference(exported[:frames], wanted[:frames]), 2 * QUANTUM)
            back = wait_until(lambda: [s for s in world.status()["streams"] if s["sample_rate_hz"] == 44100], 10, 0.2)
            self.assertTrue(back, "after the export the effect stays at the export's rate")
            desk.quit(lmms)
            report = world.reports()[-1]
            self.assertEqual((report["connection"], report["sample_rate_hz"]), ("connected", 44100))


if __name__ == "__main__":
    sandbox.main()
