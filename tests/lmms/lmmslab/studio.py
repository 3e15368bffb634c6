# SPDX-License-Identifier: Apache-2.0
"""The studio in LMMS's window, worked by its keys."""

import time

import numpy

from .picture import discs, pixels
from .sandbox import wait_until

CONNECTED = (0x0B, 0xD5, 0x56)
GONE = (0xE0, 0x48, 0x3E)

# A song with an instrument and without a note.
SILENT = [" "]


class Studio:
    """Opened from the Tools menu on that desk."""

    # The window where it opens, in logical pixels: x, y, width, height.
    WINDOW = (39, 97, 1002, 660)

    def __init__(self, desk, lmms, scale=1):
        self.desk, self.lmms, self.scale = desk, lmms, scale
        self.to_front()

    def to_front(self):
        """Opens it, or brings it before LMMS's other windows."""
        # LMMS's window is shown before its keys are heard.
        if not wait_until(self._open, 30):
            raise AssertionError(f"no studio in the menu: {self.desk.screenshot('no-studio')}")
        time.sleep(0.5)

    def _open(self):
        self.desk.key(self.lmms, "alt+t")
        time.sleep(0.7)
        # Two tools, in an order that is another each time; ours has the green sign.
        for row in (25, 51):
            x, y, width, height = (round(self.scale * value) for value in (125, row, 26, 24))
            sign = pixels(self.desk.screenshot("sign", (x, y, width, height)))
            green = (sign[:, :, 1] > 120) & (sign[:, :, 0] < 60)
            if numpy.count_nonzero(green) > 5:
                self.desk.click(x + width, y + height // 2)
                return True
        self.desk.key(self.lmms, "Escape")
        return False

    def key(self, *names):
        for name in names:
            self.desk.key(self.lmms, name)
            time.sleep(0.2)

    def click(self, x, y, modifier=None):
        """At a place in the window."""
        self.desk.click(self.scale * (self.WINDOW[0] + x), self.scale * (self.WINDOW[1] + y), modifier=modifier)
        time.sleep(0.3)

    def dialog(self, title):
        return self.desk.dialog(title)

    def picture(self, name):
        return self.desk.screenshot(name, tuple(round(self.scale * value) for value in self.WINDOW))

    # Where the rolls of two compared candidates are, one above the other: x, y, width, height.
    ROLLS = ((336, 96, 390, 150), (336, 286, 390, 150))
    ONLY_A, ONLY_B, BOTH = (0xE6, 0x9F, 0x00), (0x56, 0xB4, 0xE9), (0x6C, 0x78, 0x74)

    def compared(self, name):
        """Whether the rolls of the comparison have notes that only A has, only B, and both; None where the
        cards are shown, which have other colours."""
        picture = pixels(self.picture(name))
        rolls = [picture[y:y + height, x:x + width] for x, y, width, height in self.ROLLS]

        def has(roll, colour):
            # A note is the paler the softer it is, on the roll's paper: a mixture of both.
            paper = numpy.array((0x14, 0x16, 0x16))
            ink = numpy.array(colour) - paper
            share = ((roll - paper) @ ink) / (ink @ ink)
            near = numpy.abs(roll - paper - share[:, :, None] * ink).max(axis=2) < 8
            return numpy.count_nonzero(near & (share > 0.55) & (share < 1.02)) > 30

        only = has(rolls[0], self.ONLY_A), has(rolls[1], self.ONLY_B)
        both = [has(roll, self.BOTH) for roll in rolls]
        return (*only, all(both)) if only[0] else None

    def lamp(self, colour):
        """Whether the lamp at the window's foot has that colour."""
        x, y, _, height = self.WINDOW
        foot = self.desk.screenshot("lamp", (x, y + height - 40, 60, 40))
        return len(discs(foot, colour)) == 1

    def await_lamp(self, colour, seconds=30):
        if not wait_until(lambda: self.lamp(colour), seconds, 0.1):
            raise AssertionError(f"the lamp is another: {self.desk.screenshot('no-lamp')}\n"
                                 f"{self.lmms.log.read_text(errors='replace')}")

    # Where some of its controls are.
    LISTEN_WITH = (508, 576)
    PRESETS = (130, 139)
    KEEP = (222, 139)
    BUSY_FULL = (230, 230)
    BUSY_EMPTY = (121, 230)
    MORE_LIKE_THIS = (389, 545)
    BUSIER = (475, 545)
    THIRD_CARD = (650, 400)
    REDO = (959, 545)
    STAR = (380, 114)
    MAKE_AGAIN = (561, 114)

    def records(self):
        """What the history has, newest first."""
        return self.desk.sandbox.ctl("history", "list")["records"]

    def generate(self):
        """Presses Generate; the record that comes of it."""
        before = len(self.records())
        self.key("alt+g")
        if not wait_until(lambda: len(self.records()) > before, 30, 0.2):
            raise AssertionError(f"nothing was made: {self.desk.screenshot('not-made')}")
        time.sleep(0.7)  # until it is shown
        return self.records()[0]

    def set_bar(self, bar):
        self.key("alt+b", "ctrl+a", *str(bar), "Return")

    def place(self, bar=None, on=0):
        """Places the chosen candidate; `on` is the number of the entry in the list of tracks, 0: new ones."""
        if bar is not None:
            self.set_bar(bar)
        if on:
            self.key("alt+o", *["Down"] * on)
        self.key("alt+p")
        time.sleep(0.5)

    def as_sample(self):
        """What is placed from now on is the sound of it."""
        self.key("alt+o", "Tab", "Down")

    def as_pattern(self):
        self.key("alt+o", "Tab", "Up")

    def listen_with(self, entry):
        """Chooses the entry of the list of instruments that is so many steps below the first one."""
        self.click(*self.LISTEN_WITH)
        self.key(*["Down"] * entry, "Return")

    def save(self):
        return self.desk.save(self.lmms)
