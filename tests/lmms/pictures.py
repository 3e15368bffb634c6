#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Takes the pictures that docs and the guide show, from the real LMMS.

Use: CONTINUO_BUILD=build/release tests/lmms/pictures.py [FOLDER [SCALE [studio|panel]]]
FOLDER is docs where none is named: pictures go to its images, those of the guide to its
guide/images. At a SCALE of 2 everything is twice as large, to see that nothing is clipped there.
"""

import pathlib
import shutil
import sys
import time

from lmmslab import desk as desk_module
from lmmslab import project
from lmmslab.panel import Panel
from lmmslab.sandbox import Sandbox
from lmmslab.studio import Studio

SEED = "835704219"
ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
SCALE = int(sys.argv[2]) if len(sys.argv) > 2 else 1
ONLY = sys.argv[3] if len(sys.argv) > 3 else ""
# Parts of the studio's window, as Studio.WINDOW has it.
WHOLE = (0, 0, 1002, 660)
LEFT = (4, 56, 328, 572)
RIGHT = (333, 60, 655, 568)


def scaled(area):
    return tuple(SCALE * value for value in area)


def image(name):
    return FOLDER / f"images/{name}.png"


def guide(name):
    return FOLDER / f"guide/images/{name}.png"


def past(world):
    """A history of some length."""
    for words in (["generate", "melody", "--bars", 8, "--key", "Dm", "--seed", 7, "--candidates", 3],
                  ["groove", "--bars", 4, "--style", "funk", "--seed", 4, "--candidates", 2],
                  ["generate", "melody", "--bars", 4, "--key", "G", "--seed", 21, "--candidates", 4]):
        world.run(desk_module.BUILD / "bin/continuoctl", "--socket", world.socket, *words)
    first = world.ctl("history", "list")["records"][-1]["id"]
    world.ctl("history", "star", first)
    world.ctl("history", "rate", first, 4)
    world.ctl("history", "title", first, "--title", "Verse")


def studio(world, desk):
    past(world)
    melody = [project.note(key, 48 * i, 48) for i, key in enumerate([60, 62, 64, 65, 67, 65, 64, 62] * 2)]
    lmms = desk.open(project.song("", notes=melody, bpm=100))
    window = Studio(desk, lmms, SCALE)
    time.sleep(3)

    def take(name, *others):
        """The window for docs/studio.md; `others` are for the guide: (name, part of the window)."""
        whole = window.picture(name or "guide")
        if name:
            shutil.copy(whole, image(name))
        for other, area in others:
            crop = "{2}x{3}+{0}+{1}".format(*scaled(area))
            desk.tool("convert", whole, "+repage", "-crop", crop, "+repage", guide(other))

    window.key("space")  # the tour: to its second step
    take(None, ("tour", WHOLE))
    window.key(*["space"] * 4)
    window.key("alt+d", *SEED, "Return")
    window.generate()
    take("studio-create", ("create", WHOLE), ("candidates", RIGHT))
    window.key("alt+a", "alt+k", "Down")
    time.sleep(0.5)
    take("studio-advanced", ("controls", LEFT))
    window.key("alt+a")
    window.generate()
    window.place()
    window.key("alt+y")
    time.sleep(1)
    take("studio-history", ("history", WHOLE))
    window.key("alt+m")
    time.sleep(1.5)
    take("studio-models", ("models", WHOLE))
    window.save()
    desk.quit(lmms)


def panel(world, desk):
    effect = project.effect(parameters={"drive": 6, "tone": 6, "level": -6}, preset="model:warm-rhythm")
    lmms = desk.open(project.song(effect, bars=4, loop=True))
    window = Panel(desk, lmms, SCALE)
    lamp = window.await_lamp()
    desk.click(*scaled(desk.PLAY))
    time.sleep(4)
    shutil.copy(window.window("panel", lamp), image("panel"))
    shutil.copy(image("panel"), guide("effect"))
    shutil.copy(desk.screenshot("lmms", scaled((0, 0, 1135, 790))), image("lmms"))
    window.tab(window.SPECTRUM, lamp)
    time.sleep(1)
    shutil.copy(window.window("panel-spectrum", lamp), image("panel-spectrum"))
    desk.quit(lmms)


def main():
    for folder in "images", "guide/images":
        (FOLDER / folder).mkdir(parents=True, exist_ok=True)
    desk_module.WIDTH, desk_module.HEIGHT = 1400 * SCALE, 900 * SCALE
    for part in studio, panel:
        if ONLY and ONLY != part.__name__:
            continue
        with Sandbox(tour=part is studio) as world:
            desk = desk_module.Desk(world)
            desk.environment["QT_SCALE_FACTOR"] = str(SCALE)
            part(world, desk)


if __name__ == "__main__":
    main()
