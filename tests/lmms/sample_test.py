#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Candidates placed as samples in the real LMMS: a second LMMS plays them into a file, the song has it
as a clip, and nothing is left where that does not come to its end."""

import hashlib
import pathlib
import shutil
import signal
import threading
import unittest
import xml.etree.ElementTree as ElementTree
import zipfile

import numpy
import scipy.io.wavfile

from lmmslab import audio, project, sandbox
from lmmslab.desk import Desk
from lmmslab.sandbox import Process, Sandbox, wait_until
from lmmslab.studio import CONNECTED, SILENT, Studio
from lmmslab.widgets import Widgets

BPM = 140
BAR_SECONDS = 4 * 60 / BPM
EFFECT = project.effect(parameters={"drive": 6, "tone": 6, "level": -6})
SAMPLE_TRACK = ('<track muted="0" type="2" name="Sounds" solo="0"><sampletrack vol="100" pan="0">'
                '<fxchain numofeffects="0" enabled="0"/></sampletrack></track>')
SAMPLER = ('<track muted="1" type="0" name="Beep" solo="0"><instrumenttrack pan="0" fxch="0" pitch="0" pitchrange="1" '
           'basenote="57" usemasterpitch="1" vol="100"><instrument name="audiofileprocessor"><audiofileprocessor '
           'src="mine/beep.wav" amp="100" sframe="0" eframe="1" lframe="0" looped="0" reversed="0" stutter="0" interp="1"/>'
           '</instrument><eldata fwet="0" ftype="0" fcut="14000" fres="0.5"><elvol amt="0"/><elcut amt="0"/><elres amt="0"/>'
           '</eldata><fxchain numofeffects="0" enabled="0"/></instrumenttrack></track>')


def song(effect="", tracks=""):
    return project.song(effect, notes=SILENT, bpm=BPM, tracks=tracks)


def clips(path):
    """(name of its track, position, source) of each sample clip."""
    return [(track.get("name"), int(clip.get("pos")), clip.get("src"))
            for track in ElementTree.parse(path).getroot().iter("track") for clip in track.findall("sampletco")]


def check_content_address(test, path):
    test.assertEqual(path.stem, hashlib.sha256(path.read_bytes()).hexdigest())


class InLmms(unittest.TestCase):
    def open(self, world, text):
        # What is written aside has a place that can be looked at.
        self.temporary = world.root / "tmp"
        self.temporary.mkdir()
        world.environment["TMPDIR"] = str(self.temporary)
        self.widgets, desk = Widgets(world), Desk(world)
        lmms = desk.open(text)
        self.addCleanup(lambda: lmms.poll() is not None or lmms.kill())
        studio = Studio(desk, lmms)
        studio.await_lamp(CONNECTED)
        return desk, lmms, studio

    def await_words(self, studio, words, seconds=60):
        """The message at the window's foot, once it has these words."""
        def said():
            texts = [one["text"] for one in self.widgets.find(help="studio#messages")]
            return next((text for text in texts if words in text), None)

        found = wait_until(said, seconds, 0.2)
        if not found:
            self.fail(f"'{words}' is not said: {studio.desk.screenshot('not-said')}\n"
                      f"{studio.lmms.log.read_text(errors='replace')}")
        return found

    def place_sample(self, studio, bar, on=0):
        studio.as_sample()
        studio.place(bar=bar, on=on)
        return self.await_words(studio, "as a sample")

    def place_and_hold(self, studio):
        """Places a sample; the LMMS that plays it, stopped as soon as it is there."""
        main = studio.lmms.pid
        children = pathlib.Path(f"/proc/{main}/task/{main}/children")
        found = []

        def look():
            for pid in children.read_text().split():
                process = Process(int(pid))
                if " render " in process.command() and "song.xml" in process.command():
                    process.signal(signal.SIGSTOP)
                    found.append(process)
            return found

        # It may be done before the keys are.
        watch = threading.Thread(target=wait_until, args=(look, 60, 0.005))
        watch.start()
        studio.as_sample()
        studio.place(bar=2)
        watch.join()
        if not found:
            self.fail(f"no second LMMS: {studio.desk.screenshot('no-second')}")
        return found[0]

    def check_nothing_is_left(self, world, second, saved):
        self.assertTrue(wait_until(lambda: not second.alive(), 10), "the second LMMS is still there")
        self.assertEqual(self.aside(), [])
        self.assertFalse((world.root / "song.continuo").exists())
        self.assertEqual(clips(saved), [])
        self.assertEqual(world.ctl("project", "show", saved)["generated"], [])

    def aside(self):
        """Folders of songs to be played."""
        return [path for path in self.temporary.iterdir() if (path / "song.xml").exists()]

    def test_a_sample_sounds_as_the_pattern_does_at_the_same_bar(self):
        """Through an instrument, a mixer channel and an effect of ours in it."""
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, song(EFFECT))
            record = studio.generate()
            studio.listen_with(1)
            self.place_sample(studio, bar=5)
            saved = studio.save()
            as_sample = saved.read_text()
            (name, position, source), = clips(saved)
            self.assertEqual(position, 4 * project.TICKS_PER_BAR)
            self.assertRegex(name, "^Melody \\(seed [0-9]+\\)$")
            wav = pathlib.Path(source)
            self.assertEqual(wav.parent, world.root / "song.continuo")
            check_content_address(self, wav)
            self.assertEqual(self.aside(), [])
            # The project knows where it came from, and hands it on.
            made, = world.ctl("project", "show", saved)["generated"]
            self.assertEqual((made["track"], made["bar"], made["record"], made["sound"], made["recipe_is_there"]),
                             (name, 5, record["id"], wav.stem, True))
            self.assertIn("melody", str(world.ctl("project", "credits", saved)["credits"]))
            world.ctl("project", "check", saved)
            world.ctl("project", "bundle", saved, "-o", "song.zip")
            with zipfile.ZipFile(world.root / "song.zip") as bundle:
                self.assertEqual(bundle.read(f"song/samples/{wav.name}"), wav.read_bytes())

            # Taken out again, and its notes in its place.
            studio.key("alt+u")
            saved = studio.save()
            self.assertEqual(clips(saved), [])
            self.assertEqual(world.ctl("project", "show", saved)["generated"], [])
            studio.as_pattern()
            studio.place(bar=5, on=1)
            as_pattern = studio.save().read_text()
            desk.quit(lmms)

            # Opened and saved once more it is the same.
            again = desk.open(as_sample, name="again")
            self.assertEqual(clips(desk.save(again)), [(name, position, source)])
            desk.quit(again)
            rate, sample = audio.read(world.render(again.source.read_text(), "sample"))
            pattern = audio.samples(world.render(as_pattern, "pattern"))
            # Of the second LMMS, and of the render with notes.
            self.assertGreaterEqual(len([one for one in world.reports() if one["wet_blocks"] > 0]), 2)
            loud = numpy.flatnonzero(numpy.abs(sample).max(axis=1) > 1e-3)
            self.assertGreaterEqual(loud[0] / rate, 4 * BAR_SECONDS - 0.001)
            self.assertLess(audio.level(sample[: int(4 * BAR_SECONDS * rate) - 8]), 1e-6)
            length = min(len(sample), len(pattern))
            self.assertAlmostEqual(audio.delay_frames(pattern[:length, 0], sample[:length, 0]), 0, delta=1)
            # A note begins within a frame, which LMMS counts from the song's beginning.
            self.assertLess(audio.level(sample[:length] - pattern[:length]), 0.2 * audio.level(pattern[:length]))
            bar = int(BAR_SECONDS * rate)
            for begin in range(4 * bar, 8 * bar, bar // 4):
                levels = [audio.level(one[begin:begin + bar // 4]) for one in (sample, pattern)]
                self.assertAlmostEqual(*levels, delta=0.03 * audio.level(pattern[4 * bar:8 * bar]))

            # What is missing is told.
            wav.unlink()
            with self.assertRaisesRegex(AssertionError, wav.stem):
                world.ctl("project", "check", again.source)

    def test_a_sampler_with_a_relative_name_goes_on_a_track_that_is_there(self):
        """Its own track is muted in the song, which says nothing about what is made of it."""
        with Sandbox() as world:
            beep = world.home / "Documents/lmms/samples/mine/beep.wav"
            beep.parent.mkdir(parents=True)
            times = numpy.arange(44100) / 44100
            scipy.io.wavfile.write(beep, 44100, (0.5 * numpy.sin(2 * numpy.pi * 440 * times)).astype("f4"))
            desk, lmms, studio = self.open(world, song(tracks=SAMPLER + SAMPLE_TRACK))
            studio.generate()
            studio.listen_with(2)
            self.place_sample(studio, bar=2, on=1)
            (name, position, source), = clips(studio.save())
            self.assertEqual((name, position), ("Sounds", project.TICKS_PER_BAR))
            rate, samples = audio.read(source)
            self.assertEqual(rate, 44100)
            self.assertGreater(audio.level(samples[: rate // 2]), 0.01)
            # One step of LMMS's undo, and redo; the studio finds what that has made anew.
            studio.key("ctrl+z")
            self.assertEqual(clips(studio.save()), [])
            studio.key("ctrl+y")
            self.assertEqual(clips(studio.save()), [(name, position, source)])
            studio.to_front()
            studio.key("alt+u")
            self.assertEqual(clips(studio.save()), [])
            desk.quit(lmms)

    def test_of_a_song_without_a_file_it_lies_among_the_users_samples(self):
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, song())
            studio.key("ctrl+n")
            self.assertTrue(wait_until(lambda: desk.tool("xdotool", "search", "--onlyvisible", "--name", "Untitled",
                                                         check=False).split(), 20, 0.2), "no new song")
            studio.to_front()
            studio.generate()
            words = self.place_sample(studio, bar=1)
            self.assertIn("no file yet", words)
            sound, = (world.home / "Documents/lmms/samples/continuo").iterdir()
            check_content_address(self, sound)
            self.assertGreater(audio.level(audio.samples(sound)), 1e-3)

    def test_stopped_nothing_is_left(self):
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, song())
            studio.generate()
            second = self.place_and_hold(studio)
            self.assertEqual(len(self.aside()), 1)
            studio.key("alt+p")
            self.await_words(studio, "Stopped")
            self.check_nothing_is_left(world, second, studio.save())
            # It can be asked for again.
            studio.place(bar=2)
            self.await_words(studio, "as a sample")
            self.assertEqual(len(clips(studio.save())), 1)
            desk.quit(lmms)

    def test_a_second_lmms_that_is_killed_is_told_of(self):
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, song())
            studio.generate()
            second = self.place_and_hold(studio)
            second.signal(signal.SIGKILL)
            self.assertIn("ended by a signal", self.await_words(studio, "second LMMS"))
            self.check_nothing_is_left(world, second, studio.save())
            desk.quit(lmms)

    def test_what_a_second_lmms_that_cannot_play_printed_is_told(self):
        """LMMS was replaced while it runs, as by an update that is broken."""
        with Sandbox() as world:
            program = world.root / "bin/lmms"
            program.parent.mkdir()
            shutil.copy(pathlib.Path(shutil.which("lmms")).resolve(), program)
            for folder in "lib", "share":  # LMMS finds its own things from where it lies
                (world.root / folder).symlink_to(f"/usr/{folder}")
            world.environment["PATH"] = f"{program.parent}:{world.environment['PATH']}"
            desk, lmms, studio = self.open(world, song())
            studio.generate()
            studio.as_sample()
            program.rename(program.with_name("lmms-before"))
            program.write_text("#!/bin/sh\necho a library is missing >&2\nexit 127\n")
            program.chmod(0o755)
            studio.place(bar=2)
            words = self.await_words(studio, "second LMMS")
            self.assertIn("exit code 127", words)
            self.assertIn("a library is missing", words)
            self.assertEqual(clips(studio.save()), [])
            self.assertEqual(self.aside(), [])
            desk.quit(lmms)

    def test_it_ends_with_lmms(self):
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, song())
            studio.generate()
            studio.listen_with(1)  # LMMS counts built-in sounds as a change, and would ask
            second = self.place_and_hold(studio)
            desk.quit(lmms)
            self.check_nothing_is_left(world, second, lmms.source)


if __name__ == "__main__":
    sandbox.main()
