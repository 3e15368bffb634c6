# SPDX-License-Identifier: Apache-2.0
"""The effect's panel in LMMS's window, worked by the mouse."""

import json
import pathlib
import time

import numpy

from .picture import discs, pixels
from .sandbox import wait_until

CONNECTED = (0x0B, 0xD5, 0x56)
INPUT = (0x4F, 0xA3, 0xE0)  # of the spectra
FAKE_GAIN = pathlib.Path(__file__).resolve().parents[2] / "models/fake-gain"


def install_many(models):
    """A package with nine basic parameters and eight advanced ones into a directory of models; its id."""
    manifest = json.loads((FAKE_GAIN / "model.json").read_text())
    gain, advanced = manifest["parameters"][0], manifest["parameters"][1:]
    manifest.update(id="fake-many", name="Fake many")
    manifest["parameters"] = (
        [gain] + [{**gain, "id": f"basic_{n}", "name": f"Basic {n}", "former_ids": []} for n in range(8)]
        + advanced + [{**advanced[0], "id": f"rare_{n}", "name": f"Rare {n}", "description": "Seldom."} for n in range(4)])
    package = models / "fake-many"
    package.mkdir(parents=True)
    (package / "model.json").write_text(json.dumps(manifest))
    (package / "weights.txt").write_bytes((FAKE_GAIN / "weights.txt").read_bytes())
    return "fake-many"


class Panel:
    """Opened on that desk, in logical pixels from its upper left corner, below the title."""

    WIDTH = 418
    ROW = 54  # of knobs

    def __init__(self, desk, lmms, scale=1):
        self.desk, self.lmms, self.scale = desk, lmms, scale
        desk.open_panel(scale=scale)

    ORIGIN = (701, 140)

    # Where its controls are.
    PRESETS = (80, 49)
    A, B, COPY, EQUAL, MODELS = (176, 49), (201, 49), (242, 49), (301, 49), (371, 49)
    FOLD, SEARCH = (60, 81), (320, 81)
    ONLY_KNOB = (208, 112)  # of fake-gain
    # What is below the knobs, by how far it is above the lamp.
    TABS, PICTURE = 204, 194
    CURVE, SPECTRUM = 80, 141

    def click(self, place, button=1):
        x, y = self.ORIGIN
        self.desk.click(self.scale * (x + place[0]), self.scale * (y + place[1]), button)
        time.sleep(0.4)

    def tab(self, x, lamp):
        """Clicks a tab above the picture."""
        self.click((x, lamp - self.TABS))

    def picture_area(self, lamp):
        return 56, lamp - self.PICTURE, 308, 148

    def meter_areas(self, lamp):
        """Of the input and of the output."""
        return [(x, lamp - self.PICTURE + 6, 20, 130) for x in (12, 370)]

    def key(self, *names):
        for name in names:
            self.desk.key(self.lmms, name)
            time.sleep(0.2)

    def picture(self, name, height=660):
        area = (*self.ORIGIN, self.WIDTH, height)
        return self.desk.screenshot(name, tuple(round(self.scale * value) for value in area))

    def window(self, name, lamp):
        """All of it with its title; `lamp` is how far down that is."""
        x, y = self.ORIGIN
        area = (x - 1, y - 23, self.WIDTH + 2, round(lamp) + 44)
        return self.desk.screenshot(name, tuple(round(self.scale * value) for value in area))

    def lamp(self):
        """How far down the green lamp is; None where there is none, or more than one."""
        found = [y for x, y in discs(self.picture("panel-lamp"), CONNECTED, scale=self.scale) if x < 24 * self.scale]
        return found[0] / self.scale if len(found) == 1 else None

    def await_lamp(self):
        lamp = wait_until(self.lamp, 30, 0.2)
        if lamp is None:
            raise AssertionError(f"no green lamp: {self.picture('no-panel-lamp')}\n{self.desk.sandbox.daemon_log()}")
        return lamp

    def lit(self, name, area, colour, tolerance=40):
        """Pixels of about that colour in an area (x, y, width, height) of the panel."""
        x, y, width, height = area
        seen = pixels(self.picture(name))[y:y + height, x:x + width]
        return int(numpy.count_nonzero(numpy.all(numpy.abs(seen - numpy.array(colour)) <= tolerance, axis=2)))

    def dialog(self, title):
        return self.desk.dialog(title)

    def preset(self, steps):
        """Chooses the entry of the menu of presets that is so many steps down."""
        self.click(self.PRESETS)
        for _ in range(steps):
            self.desk.tool("xdotool", "key", "Down")
        self.desk.tool("xdotool", "key", "Return")
        time.sleep(0.5)

    def save(self):
        return self.desk.save(self.lmms)
