#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Takes the pictures of the studio and of the effect's panel that the documents show, from the real LMMS.

Use: CONTINUO_BUILD=build/release tests/lmms/pictures.py [FOLDER [SCALE [studio|panel]]]
FOLDER is docs/images where none is named; at a SCALE of 2 everything is twice as large, to see
that nothing is clipped there.
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
FOLDER = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/images"
SCALE = int(sys.argv[2]) if len(sys.argv) > 2 else 1
ONLY = sys.argv[3] if len(sys.argv) > 3 else ""


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


def studio(world, desk, take):
    past(world)
    melody = [project.note(key, 48 * i, 48) for i, key in enumerate([60, 62, 64, 65, 67, 65, 64, 62] * 2)]
    lmms = desk.open(project.song("", notes=melody, bpm=100))
    window = Studio(desk, lmms, SCALE)
    time.sleep(3)
    window.key("alt+d", *SEED, "Return")
    window.generate()
    take(window, "studio-create")
    window.key("alt+a", "alt+k", "Down")
    time.sleep(0.5)
    take(window, "studio-advanced")
    window.key("alt+a")
    window.generate()
    window.place()
    window.key("alt+y")
    time.sleep(1)
    take(window, "studio-history")
    window.key("alt+m")
    time.sleep(1.5)
    take(window, "studio-models")
    window.save()
    desk.quit(lmms)


def panel(desk):
    effect = project.effect(parameters={"drive": 6, "tone": 6, "level": -6}, preset="model:warm-rhythm")
    lmms = desk.open(project.song(effect, bars=4, loop=True))
    window = Panel(desk, lmms, SCALE)
    lamp = window.await_lamp()
    desk.click(*(SCALE * at for at in desk.PLAY))
    time.sleep(4)
    shutil.copy(window.window("panel", lamp), FOLDER / "panel.png")
    shutil.copy(desk.screenshot("lmms", tuple(SCALE * at for at in (0, 0, 1135, 790))), FOLDER / "lmms.png")
    window.tab(window.SPECTRUM, lamp)
    time.sleep(1)
    shutil.copy(window.window("panel-spectrum", lamp), FOLDER / "panel-spectrum.png")
    desk.quit(lmms)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    desk_module.WIDTH, desk_module.HEIGHT = 1400 * SCALE, 900 * SCALE
    with Sandbox() as world:
        desk = desk_module.Desk(world)
        desk.environment["QT_SCALE_FACTOR"] = str(SCALE)

        def take(window, name):
            shutil.copy(window.picture(name), FOLDER / f"{name}.png")

        if not ONLY or ONLY == "panel":
            panel(desk)
        if not ONLY or ONLY == "studio":
            studio(world, desk, take)


if __name__ == "__main__":
    main()
