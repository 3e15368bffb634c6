#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Effects of one link group turn their knobs together: in two LMMS windows, and in one song."""

import signal
import unittest
import xml.etree.ElementTree as ElementTree

from lmmslab import audio, project, sandbox
from lmmslab.desk import Desk
from lmmslab.sandbox import Process, Sandbox, wait_until

GROUP = "drums & bass"
# The first knob of the panel, once open_panel() has moved it.
FIRST_KNOB = (845, 219)


class Linked(unittest.TestCase):
    def setUp(self):
        self.world = Sandbox()
        self.addCleanup(self.world.close)
        self.desk = Desk(self.world)

    def streams(self):
        return (self.world.status() or {"streams": []})["streams"]

    def await_groups(self, *groups):
        """Waits until as many streams are ready, in these groups."""
        def there():
            streams = self.streams()
            return (all(stream["state"] == "ready" for stream in streams)
                    and [stream.get("link_group", "") for stream in streams] == list(groups))

        self.assertTrue(wait_until(there, 40, 0.1), f"{self.streams()}\n{self.world.daemon_log()}")

    def saved(self, lmms):
        """The nodes of the effects, as LMMS saves them now."""
        return ElementTree.parse(self.desk.save(lmms)).findall(".//continuofxcontrols")

    def drive(self, node):
        child = node.find("p_drive")
        return float(child.get("value") if child is not None else node.get("p_drive"))

    def await_drives(self, value, *windows):
        """Waits until every knob of these windows stands there; fails with where they do."""
        stand = {}

        def there():
            for window in windows:
                stand[window.source.name] = [self.drive(node) for node in self.saved(window)]
            return all(abs(drive - value) < 1e-6 for drives in stand.values() for drive in drives)

        if not wait_until(there, 15, 0.2):
            self.desk.screenshot("link")
            self.fail(f"not at {value}: {stand}, {self.streams()}")

    def test_two_windows(self):
        one = self.desk.open(project.song(project.effect(parameters={"drive": 8}, link=GROUP)), "one")
        self.await_groups(GROUP)
        two = self.desk.open(project.song(project.effect(parameters={"drive": 3}, link=GROUP)), "two")
        self.await_groups(GROUP, GROUP)
        self.await_drives(8, one, two)
        self.assertEqual([node.get("link") for node in self.saved(two)], [GROUP])

        # A script that sets one of them.
        self.world.ctl("stream", "set", self.streams()[0]["stream_id"], "drive=2")
        self.await_drives(2, one, two)

        # A hand at the knob of the window on top; nothing is playing.
        self.desk.open_panel()
        self.desk.tool("xdotool", "mousemove", *FIRST_KNOB, "click", 4, "click", 4)
        turned = lambda: self.drive(self.saved(two)[0]) != 2
        if not wait_until(turned, 5, 0.2):
            self.desk.screenshot("link-knob")
            self.fail("the wheel turned no knob")
        by_hand = self.drive(self.saved(two)[0])
        self.await_drives(by_hand, one, two)

        # No knob jumps when the daemon is killed and comes back, and they are together again.
        before = self.world.status()["daemon_pid"]
        Process(before).signal(signal.SIGKILL)
        self.assertTrue(wait_until(lambda: (self.world.status() or {"daemon_pid": before})["daemon_pid"] != before, 30))
        self.await_groups(GROUP, GROUP)
        self.await_drives(by_hand, one, two)
        self.world.ctl("stream", "set", self.streams()[1]["stream_id"], "drive=6")
        self.await_drives(6, one, two)

        # Someone else has one leave, and the project knows.
        self.world.ctl("stream", "unlink", self.streams()[0]["stream_id"])
        self.assertTrue(wait_until(lambda: sorted(s.get("link_group", "") for s in self.streams()) == ["", GROUP], 10))
        links = lambda: [node.get("link") for window in (one, two) for node in self.saved(window)]
        self.assertTrue(wait_until(lambda: sorted(links(), key=str) == [None, GROUP], 15, 0.2), links())
        for window in (two, one):
            self.desk.quit(window)

    def test_an_automated_knob_leads(self):
        """Two effects of one song: one is automated, and turns the other; a script does not turn it."""
        knob = '<p_drive id="4711" value="1" scale_type="linear"/>'
        tracks = project.automation(4711, [(0, 4)], 4 * 192)
        automated = project.effect(children=knob, link=GROUP)
        by_hand = project.effect(parameters={"drive": 1}, link=GROUP)
        song = project.song(automated, bars=4, tracks=tracks, synths=2, loop=True)
        head, _, tail = song.rpartition(automated)
        lmms = self.desk.open(head + by_hand + tail, "song")
        self.await_groups(GROUP, GROUP)
        self.desk.play()
        self.await_drives(4, lmms)
        self.world.ctl("stream", "set", self.streams()[0]["stream_id"], "drive=9")
        self.world.ctl("stream", "set", self.streams()[1]["stream_id"], "drive=7")
        settled = lambda: sorted(self.drive(node) for node in self.saved(lmms)) == [4, 7]
        self.assertTrue(wait_until(settled, 10, 0.2), [self.drive(node) for node in self.saved(lmms)])
        self.desk.quit(lmms)

    def test_a_render_is_linked_to_nothing(self):
        """What is open elsewhere does not change what a render without a window sounds like."""
        song = project.song(project.effect(parameters={"drive": 8}, link=GROUP))
        alone = audio.bits(self.world.render(song, "alone"))
        window = self.desk.open(project.song(project.effect(parameters={"drive": 1}, link=GROUP)), "window")
        self.await_groups(GROUP)
        self.assertTrue(audio.bits(self.world.render(song, "beside")) == alone)
        self.desk.quit(window)


if __name__ == "__main__":
    sandbox.main()
