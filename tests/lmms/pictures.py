#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Takes the pictures that docs and the guide show, from the real LMMS.

Use: CONTINUO_BUILD=build/release python3 tests/lmms/pictures.py [FOLDER [SCALE [studio|panel|effects]]]
FOLDER is docs where none is named: pictures go to its images, those of the guide to its
guide/images. At a SCALE of 2 everything is twice as large, to see that nothing is clipped there.
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
from lmmslab.panel import Panel
from lmmslab.sandbox import Sandbox, wait_until
from lmmslab.studio import Studio

SEED = "835704219"
# In LMMS's list of effects.
TYPE_HEADER, FIRST_ROW = (540, 53), (200, 95)
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


def window_area(desk, window):
    words = desk.tool("xdotool", "getwindowgeometry", "--shell", window).split()
    values = dict(word.split("=") for word in words)
    return tuple(int(values[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))


def effects(world, desk):
    """LMMS's list of effects, and the panel of a model that is missing; not at a larger scale."""
    for model in world.ctl("models", "list")["models"]:
        if model["manifest"]["task"] == "TASK_AUDIO_EFFECT":
            world.ctl("models", "measure", model["manifest"]["id"])
    repository.configure(world, *repository.publish(world))
    os.kill(world.status()["daemon_pid"], signal.SIGTERM)
    wait_until(lambda: world.status() is None, 20)
    lmms = desk.open(project.song(project.effect(model=amp.MODEL)))
    window = Panel(desk, lmms)
    missing = InstallOffer(desk)
    missing.press()
    missing.await_offer()
    shutil.copy(window.window("panel-missing", 390), image("panel-missing"))
    dialog = desk.effect_dialog()
    x, y, *_ = window_area(desk, dialog)
    desk.click(x + TYPE_HEADER[0], y + TYPE_HEADER[1])  # orders by type: ours come first
    time.sleep(1)
    desk.click(x + FIRST_ROW[0], y + FIRST_ROW[1])
    time.sleep(1)
    shutil.copy(desk.screenshot("add-effect", window_area(desk, dialog)), image("add-effect"))
    desk.tool("xdotool", "key", "Escape")
    desk.key(lmms, "ctrl+s")
    desk.quit(lmms)


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
    window.click(*window.MORE_LIKE_THIS)
    time.sleep(2)
    window.key("alt+s")
    time.sleep(0.5)
    take("studio-compare", ("compare", RIGHT))
    window.key("alt+s")
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
    for part in studio, panel, effects:
        if ONLY and ONLY != part.__name__:
            continue
        with Sandbox(tour=part is studio) as world:
            desk = desk_module.Desk(world)
            desk.environment["QT_SCALE_FACTOR"] = str(SCALE)
            part(world, desk)


if __name__ == "__main__":
    main()
