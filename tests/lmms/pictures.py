#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Takes the pictures of the studio that docs/studio.md shows, from the real LMMS.

Use: CONTINUO_BUILD=build/release tests/lmms/pictures.py [FOLDER [SCALE]]
FOLDER is docs/images where none is named; at a SCALE of 2 everything is twice as large, to see
that nothing is clipped there.
"""

import pathlib
import shutil
import sys
import time

from lmmslab import desk as desk_module
from lmmslab import project
from lmmslab.sandbox import Sandbox
from lmmslab.studio import CONNECTED, Studio

SEED = "835704219"
ROOT = pathlib.Path(__file__).resolve().parents[2]


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


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/images"
    scale = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    folder.mkdir(parents=True, exist_ok=True)
    desk_module.WIDTH, desk_module.HEIGHT = 1400 * scale, 900 * scale
    melody = [project.note(key, 48 * i, 48) for i, key in enumerate([60, 62, 64, 65, 67, 65, 64, 62] * 2)]
    with Sandbox() as world:
        past(world)
        desk = desk_module.Desk(world)
        desk.environment["QT_SCALE_FACTOR"] = str(scale)
        lmms = desk.open(project.song("", notes=melody, bpm=100))
        studio = Studio(desk, lmms, scale)
        time.sleep(3)

        def take(name):
            shutil.copy(studio.picture(name), folder / f"{name}.png")

        studio.key("alt+d", *SEED, "Return")
        studio.generate()
        take("studio-create")
        studio.click(*studio.MORE_LIKE_THIS)
        time.sleep(2)
        studio.key("alt+s")
        time.sleep(0.5)
        take("studio-compare")
        studio.key("alt+s")
        studio.key("alt+a", "alt+k", "Down")
        time.sleep(0.5)
        take("studio-advanced")
        studio.key("alt+a")
        studio.generate()
        studio.place()
        studio.key("alt+y")
        time.sleep(1)
        take("studio-history")
        studio.key("alt+m")
        time.sleep(1.5)
        take("studio-models")
        studio.save()
        desk.quit(lmms)


if __name__ == "__main__":
    main()
