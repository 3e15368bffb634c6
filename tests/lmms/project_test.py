#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Songs with generated notes in the real LMMS: they sound where they were placed, and an LMMS without
our plugins keeps everything that is ours."""

import pathlib
import subprocess
import threading
import time
import unittest
import xml.etree.ElementTree as ElementTree

import numpy

from lmmslab import audio, project, sandbox
from lmmslab.desk import Desk
from lmmslab.sandbox import Sandbox, wait_until

TEST_MODELS = pathlib.Path(__file__).resolve().parents[1] / "models"
BPM = 120
SILENT = "          <note pan=\"0\" key=\"57\" vol=\"0\" pos=\"0\" len=\"768\"/>"


class Project(unittest.TestCase):
    def setUp(self):
        self.world = Sandbox()
        self.addCleanup(self.world.close)
        self.world.environment["CONTINUO_MODEL_PATH"] = str(TEST_MODELS)

    def placed(self, bar, text=None):
        """A song of LMMS with two generated bars at that one."""
        song = self.world.root / "song.mmp"
        song.write_text(text or project.song(notes=[SILENT], bars=4, bpm=BPM))
        # The events of a job come a line each.
        words = [sandbox.BUILD / "bin/continuoctl", "--json", "--socket", self.world.socket, "generate", "melody",
                 "--model", "fake-notes", "--bars", 2, "--seed", 7]
        done = subprocess.run([str(word) for word in words], cwd=self.world.root, env=self.world.environment,
                              timeout=120, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.world.ctl("project", "place", song, "last", "--bar", bar, "--track", "Lead")
        return song.read_text()

    def close_dialogs(self, desk, count):
        """Presses the button of so many dialogs that tell of a missing plugin."""
        self.closed = 0
        end = time.monotonic() + 50
        while self.closed < count and time.monotonic() < end:
            found = desk.tool("xdotool", "search", "--onlyvisible", "--name", "^Plugin not found", check=False).split()
            for window in found:
                desk.tool("xdotool", "windowfocus", window, "key", "Return", check=False)
                gone = lambda: window not in desk.tool(
                    "xdotool", "search", "--onlyvisible", "--name", "^Plugin not found", check=False).split()
                self.closed += bool(wait_until(gone, 3, 0.1))
            time.sleep(0.3)

    def levels(self, wav):
        """Loudest value of each bar."""
        rate, sound = audio.read(wav)
        frames = int(rate * 4 * 60 / BPM)
        return [float(numpy.abs(sound[i:i + frames]).max()) for i in range(0, len(sound) - frames // 2, frames)]

    def test_notes_sound_at_their_bar(self):
        levels = self.levels(self.world.render(self.placed(3), "placed"))
        self.assertEqual(len([level for level in levels[:2] if level > 1e-4]), 0, levels)
        self.assertGreater(min(levels[2:4]), 0.01, levels)

    def test_lmms_without_our_plugin_keeps_what_is_ours(self):
        empty = self.world.root / "no-plugins"
        empty.mkdir()
        self.world.environment["LMMS_PLUGIN_DIR"] = str(empty)
        effect = project.effect(parameters={"drive": 0.1})
        text = self.placed(2, project.song(effect, bars=4, bpm=BPM))
        before = ElementTree.fromstring(text)
        desk = Desk(self.world)
        # For each effect it says which plugin it has not, before its window can be used.
        dialogs = threading.Thread(target=self.close_dialogs, args=(desk, 2))
        dialogs.start()
        try:
            lmms = desk.open(text, name="kept")
        finally:
            dialogs.join()
        self.assertEqual(self.closed, 2)
        desk.save(lmms)
        desk.quit(lmms)
        after = ElementTree.parse(lmms.source).getroot()

        def ours(tree):
            return [(node.tag, dict(node.attrib), [(child.tag, dict(child.attrib), (child.text or "").strip())
                                                   for child in node])
                    for node in tree.iter("continuofxcontrols")]

        self.assertEqual(len(ours(before)), 2)
        self.assertEqual(ours(after), ours(before))
        clip, = self.world.ctl("project", "show", lmms.source)["generated"]
        self.assertEqual((clip["bar"], clip["recipe_is_there"]), (2, False))


if __name__ == "__main__":
    sandbox.main()
