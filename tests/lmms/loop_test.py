#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""LMMS plays between two loop points; a model that sounds what it is told of the song's place hears it go back.

The model is the fakes' fake-events at LMMS's rate: its sound is the place in quarter notes, a thousandth as
loud, and below 0 while LMMS loops. What LMMS gives out is recorded, so each frame says what the model was told.
"""

import json
import pathlib
import shutil
import time
import unittest

import numpy

from lmmslab import audio, project, sandbox
from lmmslab.desk import Desk
from lmmslab.sandbox import JACK, Sandbox, wait_until

PERIOD, RATE, BPM = 256, 44100, 240
QUARTERS_A_FRAME = BPM / 60 / RATE
BEGIN, END = 8, 12  # quarters: a second
SECONDS = 6
FAKE_EVENTS = pathlib.Path(__file__).parents[1] / "models/fake-events"


def install(models):
    """Without a resampler, which would round the corners."""
    package = models / "fake-events"
    shutil.copytree(FAKE_EVENTS, package)
    manifest = json.loads((package / "model.json").read_text())
    manifest["variants"][0].update(id=f"any-{RATE}", sample_rate_hz=RATE)
    (package / "model.json").write_text(json.dumps(manifest))


def places(sound):
    """Frames that a place goes on at, by the song's tempo, and the places; below 0 those in a loop."""
    place = sound[:, 0] * 1000
    pace = numpy.abs(numpy.diff(numpy.abs(place)) - QUARTERS_A_FRAME) < 0.5 * QUARTERS_A_FRAME
    steady = numpy.convolve(pace, numpy.ones(16), "valid") > 15.5
    frames = numpy.flatnonzero(steady)
    return frames, place[frames]


class Loop(unittest.TestCase):
    def test_the_model_is_told_of_no_place_before_the_loop_and_of_one_jump_a_round(self):
        with Sandbox(audio=JACK, period=PERIOD) as world:
            install(world.home / ".local/share/continuo/models")
            desk = Desk(world, jack_period=PERIOD)
            effect = project.effect(model="fake-events", mode="pipelined",
                                    parameters={"gain": 0, "notes": 0, "position": 1})
            song = project.song(effect, project.sustained(4), bars=4, bpm=BPM, loop=True)
            ticks = project.TICKS_PER_BAR // 4
            song = song.replace('lp0pos="0"', f'lp0pos="{BEGIN * ticks}"').replace(
                f'lp1pos="{4 * project.TICKS_PER_BAR}"', f'lp1pos="{END * ticks}"')
            lmms = desk.open(song)
            ready = wait_until(lambda: [stream for stream in (world.status() or {"streams": []})["streams"]
                                        if stream["state"] == "ready"], 60, 0.2)
            self.assertTrue(ready, "the effect has no stream")
            desk.play()
            time.sleep(2)
            recording = desk.record(SECONDS)
            recording.wait(SECONDS + 30)
            desk.quit(lmms)
            frames, place = places(audio.samples(recording.wav))
        self.assertGreater(len(frames), 0.5 * SECONDS * RATE, "the model is hardly to be heard")
        told, place = place < 0, numpy.abs(place)
        block, rounding = PERIOD * QUARTERS_A_FRAME, 2 * QUARTERS_A_FRAME
        print(f"\nplaces from {place.min():.5f} to {place.max():.5f} of {BEGIN} to {END}, a block is {block:.5f}")
        self.assertGreater(place.min(), BEGIN - rounding)
        self.assertLess(place.max(), END + block + rounding)
        self.assertTrue(numpy.all(told), "that LMMS loops is not told")
        # Where the song would be at the first frame: a jump takes a round from it. Beside that only whole
        # periods are missing, where the sound server went on without LMMS.
        jumps = numpy.diff(place - frames * QUARTERS_A_FRAME)
        jumps = jumps[numpy.abs(jumps) > rounding]
        back = jumps < BEGIN - END + 1
        self.assertGreaterEqual(numpy.count_nonzero(back), SECONDS // 2)
        rest = jumps + (END - BEGIN) * back
        self.assertLess(numpy.max(numpy.abs(rest - numpy.round(rest / block) * block)), rounding, jumps)


if __name__ == "__main__":
    sandbox.main()
