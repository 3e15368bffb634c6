#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Takes the pictures that docs/studio.md and docs/adding-effects.md show, from the real LMMS.

Use: CONTINUO_BUILD=build/release tests/lmms/pictures.py [FOLDER [SCALE]]
FOLDER is docs/images where none is named; at a SCALE of 2 everything is twice as large, to see
that nothing is clipped there.
"""

import os
import pathlib
import shutil
import signal
import sys
import time

from lmmslab import amp
from lmmslab import desk as desk_module
from lmmslab import project, repository
from lmmslab.install_offer import InstallOffer
from lmmslab.sandbox import Sandbox, wait_until
from lmmslab.studio import CONNECTED, Studio

SEED = "835704219"
# In LMMS's list of effects; and the panel where Desk.open_panel() puts it.
TYPE_HEADER, FIRST_ROW = (540, 53), (200, 95)
PANEL = (746, 115, 378, 232)
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


def window_area(desk, window):
    words = desk.tool("xdotool", "getwindowgeometry", "--shell", window).split()
    values = dict(word.split("=") for word in words)
    return tuple(int(values[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))


def effects(folder):
    """LMMS's list of effects, and the panel of a model that is missing."""
    with Sandbox() as world:
        for model in world.ctl("models", "list")["models"]:
            if model["manifest"]["task"] == "TASK_AUDIO_EFFECT":
                world.ctl("models", "measure", model["manifest"]["id"])
        repository.configure(world, *repository.publish(world))
        os.kill(world.status()["daemon_pid"], signal.SIGTERM)
        wait_until(lambda: world.status() is None, 20)
        desk = desk_module.Desk(world)
        lmms = desk.open(project.song(project.effect(model=amp.MODEL)))
        desk.open_panel()
        missing = InstallOffer(desk)
        missing.press()
        missing.await_offer()
        shutil.copy(desk.screenshot("panel-missing", PANEL), folder / "panel-missing.png")
        dialog = desk.effect_dialog()
        x, y, *_ = window_area(desk, dialog)
        desk.click(x + TYPE_HEADER[0], y + TYPE_HEADER[1])  # orders by type: ours come first
        time.sleep(1)
        desk.click(x + FIRST_ROW[0], y + FIRST_ROW[1])
        time.sleep(1)
        shutil.copy(desk.screenshot("add-effect", window_area(desk, dialog)), folder / "add-effect.png")
        desk.tool("xdotool", "key", "Escape")
        desk.key(lmms, "ctrl+s")
        desk.quit(lmms)


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/images"
    scale = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    folder.mkdir(parents=True, exist_ok=True)
    desk_module.WIDTH, desk_module.HEIGHT = 1400 * scale, 900 * scale
    if scale == 1:
        effects(folder)
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
