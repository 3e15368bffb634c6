#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Help in the real LMMS: F1 and "?" open the guide at the control's place, and the tour comes until
it has been gone through or refused."""

import time
import unittest

from lmmslab import project, sandbox
from lmmslab.desk import Desk
from lmmslab.sandbox import Sandbox, wait_until
from lmmslab.studio import CONNECTED, SILENT, Studio
from lmmslab.widgets import Widgets, middle

STEPS = ["create#task", "create#generate", "candidates#listen", "candidates#place", "history#the-list"]
NOWHERE = (10, 880)  # on the desk, where LMMS has nothing of ours


class InLmms(unittest.TestCase):
    def open(self, world, desk, name="song"):
        lmms = desk.open(project.song("", notes=SILENT), name=name)
        self.addCleanup(lambda: lmms.poll() is not None or lmms.kill())
        studio = Studio(desk, lmms)
        studio.await_lamp(CONNECTED)
        return lmms, studio

    def check_guide(self, desk, widgets, heading):
        """The guide's window is there with that heading on top; closes it."""
        def on_top():
            return widgets.find(within="guide", **{"class": "continuo::fx::GuidePage"}, text=heading)

        if not wait_until(on_top, 10):
            pages = widgets.find(**{"class": "continuo::fx::GuidePage"})
            self.fail(f"the guide shows {pages}, not '{heading}': {desk.screenshot('no-guide')}")
        window = desk.tool("xdotool", "search", "--onlyvisible", "--name", f"{heading} - Continuo guide").split()[-1]
        desk.tool("xdotool", "windowfocus", window, "key", "Escape")
        self.assertTrue(wait_until(lambda: not self.guide(widgets), 10), "the guide stays")

    def guide(self, widgets):
        return widgets.find(name="guide")

    def test_f1_and_a_click_open_the_guide_at_the_control(self):
        with Sandbox() as world:
            widgets, desk = Widgets(world), Desk(world)
            lmms, studio = self.open(world, desk)
            for place, heading in (("create#busy", "Busy"), ("candidates#place", "Place"),
                                   ("studio#the-lamp", "The lamp")):
                desk.tool("xdotool", "mousemove", *middle(widgets.get(help=place, own=True)))
                studio.key("F1")
                self.check_guide(desk, widgets, heading)
            # The mouse elsewhere: what has the focus
            desk.tool("xdotool", "mousemove", *NOWHERE)
            studio.key("alt+d", "F1")
            self.check_guide(desk, widgets, "Seed")

            x, y, _, height = widgets.get(help="studio#help")["box"]
            desk.click(x + 8, y + height // 2)
            desk.click(*middle(widgets.get(help="create#generate", own=True)))
            self.check_guide(desk, widgets, "Generate")
            self.assertEqual(widgets.find(name="candidate"), [], "the click has pressed Generate")
            # A button that is off has help too, and the mode is over after one click.
            desk.click(x + 8, y + height // 2)
            desk.click(*middle(widgets.get(help="create#cancel", own=True)))
            self.check_guide(desk, widgets, "Cancel")
            desk.click(*middle(widgets.get(help="create#generate", own=True)))
            widgets.get(name="candidate")

            # With the focus in the song's editor the key is LMMS's.
            studio.key("F5", "F5", "F1")
            time.sleep(1)
            self.assertEqual(self.guide(widgets), [])
            desk.quit(lmms)

    def test_every_control_has_its_place(self):
        with Sandbox() as world:
            widgets, desk = Widgets(world), Desk(world)
            lmms, _ = self.open(world, desk)
            controls = [widget for widget in widgets.all() if widget["in"] == "studio" and widget["control"]]
            desk.quit(lmms)
        self.assertGreater(len(controls), 80)
        self.assertEqual([widget for widget in controls if "#" not in widget["help"]], [])

    def test_the_guide_finds_words_and_goes_back(self):
        with Sandbox() as world:
            widgets, desk = Widgets(world), Desk(world)
            lmms, studio = self.open(world, desk)
            desk.tool("xdotool", "mousemove", *middle(widgets.get(help="create#seed", own=True)))
            studio.key("F1")
            page = widgets.get(**{"class": "continuo::fx::GuidePage"}, text="Seed")
            desk.click(*middle(widgets.get(within="guide", **{"class": "QLineEdit"})))
            desk.tool("xdotool", "type", "make again byte")
            desk.tool("xdotool", "key", "Return")
            widgets.get(**{"class": "continuo::fx::GuidePage"}, text="Make again")
            x, y, _, height = page["box"]
            desk.tool("xdotool", "mousemove", x + 300, y + height // 2, "click", 1, "key", "alt+Left")
            self.check_guide(desk, widgets, "Seed")
            # LMMS may end while the guide is open.
            studio.key("F1")
            self.assertTrue(wait_until(lambda: self.guide(widgets), 10))
            desk.quit(lmms)

    def test_it_is_said_where_there_is_no_guide(self):
        with Sandbox() as world:
            world.environment["CONTINUO_GUIDE"] = str(world.root / "nowhere")
            widgets, desk = Widgets(world), Desk(world)
            lmms, studio = self.open(world, desk)
            studio.key("alt+d", "F1")
            page = widgets.get(**{"class": "continuo::fx::GuidePage"})
            self.assertIn("CONTINUO_GUIDE", page["text"])
            desk.quit(lmms)

    def test_the_tour_comes_until_it_was_gone_through_and_once_more_when_asked_for(self):
        with Sandbox(tour=True) as world:
            widgets, desk = Widgets(world), Desk(world)
            lmms, _ = self.open(world, desk)
            self.press(desk, widgets, "Next")
            self.check_step(widgets, 1)
            self.press(desk, widgets, "Back")
            self.check_step(widgets, 0)
            self.press(desk, widgets, "Skip")
            self.assertTrue(wait_until(lambda: not widgets.find(name="tour"), 10), "it stays")
            desk.quit(lmms)

            lmms, _ = self.open(world, desk, "again")
            for step in range(len(STEPS)):
                self.check_step(widgets, step)
                self.press(desk, widgets, "Next" if step + 1 < len(STEPS) else "Done")
            self.assertTrue(wait_until(lambda: not widgets.find(name="tour"), 10), "it stays")
            widgets.get(help="create#task", own=True)  # where one begins
            desk.quit(lmms)

            lmms, studio = self.open(world, desk, "third")
            self.assertEqual(widgets.find(name="tour"), [])
            x, y, width, height = widgets.get(help="studio#help")["box"]
            desk.click(x + width - 18, y + height // 2)
            studio.key("Up", "Return")
            self.check_step(widgets, 0)
            self.press(desk, widgets, "Never again")
            self.assertTrue(wait_until(lambda: not widgets.find(name="tour"), 10), "it stays")
            desk.quit(lmms)

    def press(self, desk, widgets, text):
        desk.click(*middle(widgets.get(help="studio#the-tour", text=text, **{"class": "QPushButton"})))

    def check_step(self, widgets, step):
        """The frame is around the step's control, and the balloon within the studio, beside it."""
        def counted():
            labels = widgets.find(help="studio#the-tour", **{"class": "QLabel"})
            return any(label["text"].endswith(f"{step + 1}/{len(STEPS)}") for label in labels)

        self.assertTrue(wait_until(counted, 10), f"step {step + 1} does not come")
        control, frame, balloon, window = (
            widgets.get(**wanted)["box"]
            for wanted in ({"help": STEPS[step], "own": True}, {"name": "tour-frame"}, {"name": "tour"}, {"name": "studio"}))
        self.assertEqual([frame[0] + 3, frame[1] + 3, frame[2] - 6, frame[3] - 6], control)
        for axis in (0, 1):
            self.assertGreaterEqual(balloon[axis], window[axis])
            self.assertLessEqual(balloon[axis] + balloon[axis + 2], window[axis] + window[axis + 2])
        self.assertTrue(any(balloon[axis] >= control[axis] + control[axis + 2]
                            or balloon[axis] + balloon[axis + 2] <= control[axis] for axis in (0, 1)),
                        f"{balloon} covers {control}")


if __name__ == "__main__":
    sandbox.main()
