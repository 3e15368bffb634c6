#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""In a rendered song the kick's channel turns a pad down, through the shipped compressor, whether the
effect on the kick has a model or only sends its key."""

import unittest
import xml.etree.ElementTree as ElementTree

import numpy

from lmmslab import audio, project, sandbox
from lmmslab.desk import Desk
from lmmslab.sandbox import BUILD, Sandbox, wait_until
from lmmslab.widgets import Widgets, middle

BARS, BPM, RATE = 2, 60, 44100  # 8 s; a quarter is a second
TICKS_A_SECOND = project.TICKS_PER_BAR // 4
# The kick sounds from the third second on, for two seconds.
KICK = [project.note(33, 2 * TICKS_A_SECOND, 2 * TICKS_A_SECOND, 200)]
PAD = project.one_tone(BARS, key=69)


def song(pad_key, kick_model="opto"):
    """A kick that is heard by the compressor alone, and a pad with that compressor on it."""
    knobs = {"reduction": 0} if kick_model else {}
    kick = project.effect(model=kick_model, parameters=knobs, send_key="kick")
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
            alone = audio.samples(world.render(song(True, kick_model=""), "alone"))
            senders = [report["words"] for report in world.reports() if not report["model"]]
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
        self.assertEqual(senders, ["no model chosen; sends the key 'kick'"])
        self.assertTrue(numpy.array_equal(ducked, alone), "a sender without a model is heard otherwise")

    def test_a_name_typed_without_a_model_is_sent(self):
        with Sandbox() as world:
            widgets, desk = Widgets(world), Desk(world)
            lmms = desk.open(project.song(project.effect(model="")))
            self.addCleanup(lambda: lmms.poll() is not None or lmms.kill())
            desk.open_panel()
            boxes = widgets.find(help="effect#keys", **{"class": "QComboBox"})
            desk.click(*middle(min(boxes, key=lambda box: box["box"][0])))
            desk.tool("xdotool", "type", "kick")
            desk.tool("xdotool", "key", "Return")
            keys = lambda: (world.status() and world.ctl("stream", "keys")["senders"])
            self.assertTrue(wait_until(keys, 20, 0.2), desk.screenshot("no-key"))
            sender, = keys()
            self.assertEqual((sender["name"], sender["client_name"], sender["heard"]), ("kick", "LMMS 1.2.2", True))
            self.assertIn("kick", world.run(BUILD / "bin/continuoctl", "--socket", world.socket, "stream",
                                            "keys").log.read_text())
            words = lambda: widgets.find(help="effect#lamp", text="no model chosen; sends the key 'kick'")
            self.assertTrue(wait_until(words, 10), widgets.find(help="effect#lamp"))
            node = ElementTree.parse(desk.save(lmms)).find(".//continuofxcontrols")
            self.assertEqual((node.get("model"), node.get("send_key")), ("", "kick"))
            desk.quit(lmms)
            self.assertTrue(wait_until(lambda: not world.ctl("stream", "keys").get("senders"), 10, 0.2))


if __name__ == "__main__":
    sandbox.main()
