#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A song whose model is missing: the panel finds it in a repository and installs it."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from lmmslab import project, repository, sandbox
from lmmslab.amp import MODEL
from lmmslab.desk import Desk
from lmmslab.install_offer import InstallOffer
from lmmslab.sandbox import Sandbox, wait_until
from repository_server import Certificates, Server, slow

ARCHIVE = repository.ARCHIVE


class Install(unittest.TestCase):
    def setUp(self):
        self.world = Sandbox()
        self.addCleanup(self.world.close)
        self.offered, self.public = repository.publish(self.world)
        self.desk = Desk(self.world)

    def open(self, url, authority="", **effect):
        """LMMS with the effect whose model is missing, the daemon with the repository at that place."""
        repository.configure(self.world, url, self.public, authority)
        lmms = self.desk.open(project.song(project.effect(model=MODEL, **effect)))
        self.desk.open_panel()
        return lmms, InstallOffer(self.desk)

    def is_installed(self):
        return MODEL in [model["manifest"]["id"] for model in self.world.ctl("models", "list")["models"]]

    def await_stream(self):
        def ready():
            return [(stream["model_id"], stream["state"]) for stream in self.world.status()["streams"]]

        if not wait_until(lambda: ready() == [(MODEL, "ready")], 30, 0.2):
            self.fail(f"{ready()}: {self.desk.screenshot('not-ready')}\n{self.world.daemon_log()}")

    def quit(self, lmms):
        self.desk.save(lmms)  # else it would ask
        self.desk.quit(lmms)
        return self.world.reports()[-1]

    def test_what_is_missing_is_found_and_installed_and_connected(self):
        lmms, offer = self.open(self.offered)
        offer.press()
        offer.await_offer()
        self.assertFalse(self.is_installed())
        offer.press()
        self.await_stream()
        self.assertTrue(wait_until(lambda: not offer.is_shown(), 20, 0.2), "still offered")
        self.assertEqual(self.quit(lmms)["words"], "connected")

    def test_another_version_is_offered_where_the_songs_own_is_not_to_be_had(self):
        lmms, offer = self.open(self.offered, model_version="0.9.0")
        offer.press()
        offer.await_offer()
        offer.press()
        self.await_stream()
        self.assertEqual(self.quit(lmms)["version"], "1.0.0")

    def test_what_no_repository_has_can_be_asked_for_again(self):
        lmms, offer = self.open(self.world.root / "nowhere")
        offer.press()
        offer.await_end()
        self.offered.rename(self.world.root / "nowhere")
        offer.press()
        offer.await_offer()
        offer.press()
        self.await_stream()
        self.quit(lmms)

    def test_a_damaged_archive_is_refused_and_a_good_one_taken_after_it(self):
        archive = self.offered / ARCHIVE
        good = archive.read_bytes()
        archive.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        lmms, offer = self.open(self.offered)
        offer.press()
        offer.await_offer()
        offer.press()
        offer.await_end()
        self.assertFalse(self.is_installed())
        archive.write_bytes(good)
        offer.press()
        offer.await_offer()
        offer.press()
        self.await_stream()
        self.quit(lmms)

    def test_a_download_can_be_cancelled(self):
        certificates = Certificates(self.world.root / "certificates")
        server = Server(self.offered, certificates.good)
        self.addCleanup(server.close)
        server.faults[ARCHIVE] = slow
        lmms, offer = self.open(server.url, certificates.authority)
        offer.press()
        offer.await_offer()
        offer.press()
        self.assertTrue(wait_until(lambda: any(path == ARCHIVE for path, _, _ in server.asked), 20, 0.05))
        offer.cancel()
        offer.await_end()
        self.assertFalse(self.is_installed())
        self.quit(lmms)


if __name__ == "__main__":
    sandbox.main()
