#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""In the real LMMS a knob that does not matter as the others stand leaves the panel, and comes back
as it was: the shipped compressor has Limit where Reduction is at least 1."""

import unittest
import xml.etree.ElementTree as ElementTree

from lmmslab import project, sandbox
from lmmslab.desk import Desk
from lmmslab.panel import Panel
from lmmslab.sandbox import Sandbox, wait_until
from lmmslab.widgets import Widgets, middle

LIMIT = 7.5
WHEEL_UP, WHEEL_DOWN = 4, 5


def values(path):
    """The knobs as they stand in a project."""
    node = ElementTree.parse(path).find(".//continuofxcontrols")
    return {name: float(node.get(f"p_{name}")) for name in ("reduction", "limit", "gain")}


class Conditions(unittest.TestCase):
    def setUp(self):
        self.world = Sandbox()
        self.addCleanup(self.world.close)
        self.widgets = Widgets(self.world)
        self.desk = Desk(self.world)

    def open(self, reduction, name):
        knobs = {"reduction": reduction, "limit": LIMIT, "gain": 3}
        song = project.song(project.effect(model="opto", parameters=knobs))
        lmms = self.desk.open(song, name)
        self.addCleanup(lambda: lmms.poll() is not None or lmms.kill())
        panel = Panel(self.desk, lmms)
        panel.await_lamp()
        return panel

    def boxes(self):
        """Where the knobs are that one can see."""
        found = {name: self.widgets.tipped(f"<b>{name}</b>") for name in ("Reduction", "Limit", "Gain")}
        return {name: cells[0]["box"] for name, cells in found.items() if cells}

    def await_knobs(self, *names):
        if not wait_until(lambda: sorted(self.boxes()) == sorted(names), 10):
            self.fail(f"{sorted(self.boxes())}, not {names}: {self.desk.screenshot('knobs')}")
        return self.boxes()

    def turn(self, name, button, steps):
        """By the mouse's wheel: a hundredth of the range a step."""
        x, y = middle(self.widgets.tipped(f"<b>{name}</b>")[0])
        for _ in range(steps):
            self.desk.click(x, y - 14, button)

    def test_a_knob_that_does_not_matter_goes_and_comes_back_as_it_was(self):
        panel = self.open(1.2, "heard")
        all_three = self.await_knobs("Reduction", "Limit", "Gain")
        self.turn("Reduction", WHEEL_DOWN, 4)
        left = self.await_knobs("Reduction", "Gain")
        self.assertEqual(left, {name: all_three[name] for name in left}, "a knob has moved away from the hand")
        saved = values(panel.save())
        self.assertLess(saved["reduction"], 1)
        self.assertEqual((saved["limit"], saved["gain"]), (LIMIT, 3))

        self.turn("Reduction", WHEEL_UP, 4)
        self.assertEqual(self.await_knobs("Reduction", "Limit", "Gain"), all_three)
        saved = values(panel.save())
        self.assertGreaterEqual(saved["reduction"], 1)
        self.assertEqual(saved["limit"], LIMIT)
        self.desk.quit(panel.lmms)

    def test_a_song_that_was_saved_without_it_opens_without_it(self):
        panel = self.open(0, "unheard")
        self.await_knobs("Reduction", "Gain")
        # Somebody else turns the knob that it asks for.
        stream = self.world.status()["streams"][0]["stream_id"]
        self.world.ctl("stream", "set", stream, "reduction=5")
        self.await_knobs("Reduction", "Limit", "Gain")
        self.assertEqual(values(panel.save()), {"reduction": 5, "limit": LIMIT, "gain": 3})
        self.world.ctl("stream", "set", stream, "reduction=0.5")
        self.await_knobs("Reduction", "Gain")
        self.desk.quit(panel.lmms)


if __name__ == "__main__":
    sandbox.main()
