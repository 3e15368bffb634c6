#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""LMMS's window goes on while the daemon hangs, or never gets ready: an effect that has no answer yet is taken
away, the song is saved, and closed. The bound is no measure of speed: what LMMS used to wait for are time-outs
of 10 s and more, and the end of a start."""

import os
import signal
import time
import unittest
import xml.etree.ElementTree as ElementTree

from lmmslab import project, sandbox
from lmmslab.desk import Desk
from lmmslab.sandbox import Sandbox, wait_until

BOUND_SECONDS = 5


class NoAnswer(unittest.TestCase):
    def setUp(self):
        self.world = Sandbox()
        self.addCleanup(self.world.close)
        self.desk = Desk(self.world)

    def open_beside_a_stopped_daemon(self):
        self.world.ctl("models", "list")
        self.daemon = self.world.status()["daemon_pid"]
        os.kill(self.daemon, signal.SIGSTOP)
        self.lmms = self.desk.open(project.song(project.effect()))

    def open_beside_a_daemon_that_never_gets_ready(self):
        program = self.world.root / "continuod"
        program.write_text("#!/bin/sh\nexec sleep 600\n")
        program.chmod(0o700)
        self.world.environment["CONTINUO_DAEMON"] = str(program)
        self.lmms = self.desk.open(project.song(project.effect()))

    def effects(self):
        return [one.get("name") for one in ElementTree.parse(self.lmms.source).iter("effect")]

    def take_away_and_save(self):
        self.assertEqual(self.effects(), ["continuofx"])
        self.desk.remove_effect()
        begin = time.monotonic()
        self.desk.save(self.lmms)
        self.assertLess(time.monotonic() - begin, BOUND_SECONDS)
        self.assertEqual(self.effects(), [], self.desk.screenshot("not-removed"))

    def test_an_effect_is_taken_away_beside_a_stopped_daemon(self):
        self.open_beside_a_stopped_daemon()
        self.take_away_and_save()
        os.kill(self.daemon, signal.SIGCONT)
        streams = lambda: (self.world.status() or {"streams": None})["streams"]
        self.assertTrue(wait_until(lambda: streams() == [], 20, 0.1), streams())
        self.desk.quit(self.lmms)

    def test_an_effect_is_taken_away_while_a_daemon_is_started(self):
        self.open_beside_a_daemon_that_never_gets_ready()
        self.take_away_and_save()
        self.desk.quit(self.lmms)
        left = lambda: [one.command() for one in self.world.processes() if "sleep" in one.command()]
        self.assertTrue(wait_until(lambda: not left(), 5), left())

    def test_the_song_is_closed_with_its_panel_open(self):
        self.open_beside_a_stopped_daemon()
        self.desk.open_panel()
        self.desk.key(self.lmms, "ctrl+q")
        self.assertEqual(self.lmms.wait(BOUND_SECONDS), 0)


if __name__ == "__main__":
    sandbox.main()
