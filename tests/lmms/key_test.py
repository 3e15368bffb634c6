#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""In a rendered song the kick's channel turns a pad down, through the shipped compressor."""

import unittest

import numpy

from lmmslab import audio, project, sandbox
from lmmslab.sandbox import Sandbox

BARS, BPM, RATE = 2, 60, 44100  # 8 s; a quarter is a second
TICKS_A_SECOND = project.TICKS_PER_BAR // 4
# The kick sounds from the third second on, for two seconds.
KICK = [project.note(33, 2 * TICKS_A_SECOND, 2 * TICKS_A_SECOND, 200)]
PAD = project.one_tone(BARS, key=69)


def song(pad_key):
    """A kick that is heard by the compressor alone, and a pad with that compressor on it."""
    kick = project.effect(model="opto", parameters={"reduction": 0}, send_key="kick")
    pad = project.effect(model="opto", parameters={"reduction": 10}, **({"take_key": "kick"} if pad_key else {}))
    voice = lambda channel, notes, volume: project.SYNTH.format(
        channel=channel, wave=0, others=0, notes="\n".join(notes)).replace('vol="40"', f'vol="{volume}"')
    channels = [project.CHANNEL.format(number=1, effects=1, effect=kick).replace('amount="1"', 'amount="0"'),
                project.CHANNEL.format(number=2, effects=1, effect=pad)]
    return project.PROJECT.format(bpm=BPM, tracks="", rest="", loop=0, end=BARS * project.TICKS_PER_BAR,
                                  synths="\n".join([voice(1, KICK, 100), voice(2, PAD, 10)]),
                                  channels="\n".join(channels))


def level(samples, begin, end):
    return 20 * numpy.log10(numpy.sqrt(numpy.mean(samples[round(begin * RATE):round(end * RATE), 0] ** 2)))


class Ducking(unittest.TestCase):
    def test_the_kick_turns_the_pad_down(self):
        with Sandbox() as world:
            rate, ducked = audio.read(world.render(song(True), "ducked"))
            again = audio.samples(world.render(song(True), "again"))
            plain = audio.samples(world.render(song(False), "plain"))
            reports = world.reports()
        self.assertEqual(rate, RATE)
        self.assertTrue(all(report["connection"] == "connected" for report in reports), reports)
        figures = {name: [level(sound, *at) for at in ((1.0, 1.9), (2.5, 3.9), (6.0, 7.5))]
                   for name, sound in (("with key", ducked), ("without", plain))}
        print(f"\nthe pad's level before, during and after the kick, in dB: {figures}")
        before, during, after = figures["with key"]
        self.assertLess(during, before - 6, "the kick does not turn the pad down")
        self.assertGreater(after, during + 3, "the pad does not come back")
        steady = figures["without"]
        self.assertLess(max(steady) - min(steady), 1, "the pad moves by itself")
        self.assertTrue(numpy.array_equal(ducked, again), "two renders of one song differ")


if __name__ == "__main__":
    sandbox.main()
