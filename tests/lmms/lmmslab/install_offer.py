# SPDX-License-Identifier: Apache-2.0
"""What the panel offers where its model is missing, found by its colours and worked by the mouse."""

import time

from .picture import boxes
from .sandbox import wait_until

PLAIN = (0x3B, 0x42, 0x4A)
OFFERED = (0x17, 0x79, 0x3B)
ELSEWHERE = (20, 880)


class InstallOffer:
    def __init__(self, desk):
        self.desk = desk
        self._await(lambda: self._wide(PLAIN), "nothing is offered")

    def _boxes(self, colour, widths):
        found = boxes(self.desk.screenshot("offer"), colour)
        return [(x, y, width, height) for x, y, width, height in found if width in widths and 14 <= height <= 26]

    def _wide(self, colour):
        return self._boxes(colour, range(250, 400))

    def _await(self, condition, words):
        found = wait_until(condition, 30, 0.2)
        if not found:
            raise AssertionError(f"{words}: {self.desk.screenshot('no-offer')}")
        return found

    def _click(self, box):
        x, y, width, height = box
        self.desk.click(x + width // 2, y + height // 2)
        self.desk.tool("xdotool", "mousemove", *ELSEWHERE)  # a button under the mouse has another colour
        time.sleep(1)

    def is_shown(self):
        return bool(self._wide(PLAIN) or self._wide(OFFERED))

    def press(self):
        """Its one wide button, whatever that says."""
        self._click(self._await(lambda: self._wide(PLAIN) or self._wide(OFFERED), "no button")[0])

    def await_offer(self):
        self._await(lambda: self._wide(OFFERED), "no repository has it")

    def await_end(self):
        """Until it can be asked again: what it was at was in vain."""
        self._await(lambda: self._wide(PLAIN), "it does not end")

    def cancel(self):
        # Below the panel's other buttons.
        self._click(self._await(lambda: self._boxes(PLAIN, range(64, 69)), "nothing to cancel")[-1])
