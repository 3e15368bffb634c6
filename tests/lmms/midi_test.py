#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Notes that continuoctl has transformed and converted sound in the real LMMS when and as
high as they should: onsets and pitches are measured in the sound of a render."""

import struct
import subprocess
import time
import types
import unittest
import xml.etree.ElementTree as ElementTree

import numpy

from lmmslab import audio, sandbox
from lmmslab.desk import Desk
from lmmslab.sandbox import Sandbox, wait_until

TICKS = 480
US_120 = 500000  # microseconds a quarter
RATE = 44100
# An attack is heard within a block of this many frames, 1.5 ms.
BLOCK = 64


def variable(value):
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(0x80 | value & 0x7F)
    return bytes(reversed(groups))


def midi_file(notes, tempos=((0, US_120),)):
    """A Standard MIDI File of (start in quarters, pitch) notes, half an eighth long each."""
    events = [(round(at * TICKS), 0, b"\xFF\x51\x03" + struct.pack(">I", us)[1:]) for at, us in tempos]
    for start, pitch in notes:
        tick = round(start * TICKS)
        events += [(tick, 2, bytes([0x90, pitch, 100])), (tick + TICKS // 4, 1, bytes([0x80, pitch, 0]))]
    body, now = b"", 0
    for tick, _, message in sorted(events):
        body += variable(tick - now) + message
        now = tick
    body += b"\0\xFF\x2F\0"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS) + b"MTrk" + struct.pack(">I", len(body)) + body


def heard(wav):
    """(seconds, hertz) of each note of a render in which notes do not touch."""
    rate, samples = audio.read(wav)
    assert rate == RATE
    sound = samples[:, 0]
    blocks = numpy.abs(sound[:len(sound) // BLOCK * BLOCK]).reshape(-1, BLOCK).max(axis=1)
    loud = blocks > 0.02 * blocks.max()
    silent_before = [not loud[max(i - 8, 0):i].any() for i in range(len(loud))]
    notes = []
    for block in numpy.flatnonzero(loud & silent_before):
        start = block * BLOCK
        cut = sound[start + 256:start + 256 + 4096]
        spectrum = numpy.abs(numpy.fft.rfft(cut * numpy.hanning(len(cut)), 1 << 18))
        notes.append((start / RATE, numpy.argmax(spectrum) * RATE / (1 << 18)))
    return notes


def hertz(pitch):
    return 440 * 2 ** ((pitch - 69) / 12)


class Midi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = Sandbox()
        cls.addClassCleanup(cls.world.close)

    def ctl(self, *words):
        return self.world.ctl("midi", *words)

    def check_heard(self, name, expected):
        """The project of that name sounds as the (seconds, pitch) pairs say."""
        project = self.world.root / f"{name}.mmp"
        notes = heard(self.world.render(project.read_text(), f"{name}-rendered"))
        self.assertEqual(len(notes), len(expected), notes)
        for (second, frequency), (at, pitch) in zip(notes, expected):
            self.assertAlmostEqual(second, at, delta=2.5 * BLOCK / RATE)
            self.assertAlmostEqual(frequency, hertz(pitch), delta=0.004 * hertz(pitch))

    def write(self, name, notes, **options):
        path = self.world.root / f"{name}.mid"
        path.write_bytes(midi_file(notes, **options))
        return path

    def test_a_converted_file_sounds_as_written(self):
        notes = [(0, 69), (1, 60), (2, 72), (3.5, 64), (5.25, 57)]
        self.ctl("convert", self.write("plain", notes), self.world.root / "plain.mmp")
        self.check_heard("plain", [(at / 2, pitch) for at, pitch in notes])

    def test_changes_of_tempo_are_heard(self):
        notes = [(0, 69), (3, 72), (5, 64), (9, 60)]
        source = self.write("tempo", notes, tempos=((0, 500000), (4, 1000000), (8, 250000)))
        self.ctl("convert", source, self.world.root / "tempo.mmp")
        self.check_heard("tempo", [(0, 69), (1.5, 72), (3, 64), (6.25, 60)])

    def test_swing_and_transposition_are_heard(self):
        # Played sloppily, in straight eighths.
        played = [(0.02, 60), (0.47, 62), (1.03, 64), (1.52, 65), (1.98, 67)]
        self.ctl("transform", self.write("sloppy", played), self.world.root / "swung.mmp", "--apply",
                 "quantise:grid=8,swing=1/3;transpose:semitones=12")
        self.check_heard("swung", [(0, 72), (1 / 3, 74), (0.5, 76), (5 / 6, 77), (1, 79)])

    def test_compressed_projects_are_read_by_lmms_too(self):
        packed = self.world.root / "packed.mmpz"
        self.ctl("convert", self.write("packed", [(0, 69)]), packed)
        dumped = subprocess.run(["lmms", "--allowroot", "dump", packed], env={**self.world.environment, "QT_QPA_PLATFORM": "offscreen"},
                                capture_output=True, check=True, timeout=60).stdout
        notes = ElementTree.fromstring(dumped[dumped.index(b"<lmms-project"):]).findall(".//note")
        self.assertEqual([note.get("key") for note in notes], ["57"])

    def test_what_lmms_saves_reads_back(self):
        """LMMS opens the project and saves it in its own words; the notes are those that we wrote."""
        notes = [(0, 69), (1, 60), (2.25, 127), (4, 12)]
        self.ctl("convert", self.write("saved", notes), self.world.root / "saved.mmp")
        written = self.ctl("show", "saved.mmp")
        desk = Desk(self.world)
        lmms = desk.open((self.world.root / "saved.mmp").read_text(), name="again")
        desk.save(lmms)
        desk.quit(lmms)
        self.assertIn('creator="LMMS"', lmms.source.read_text())
        again = self.ctl("show", "again.mmp")
        for song in written, again:
            for track in song["tracks"]:
                track.pop("name")
        self.assertEqual(again["tracks"], written["tracks"])
        self.assertEqual(again["tempos"], written["tempos"])
        self.assertEqual([note["pitch"] for note in again["tracks"][0]["notes"]], [69, 60, 127, 12])

    def test_lmms_imports_midi_files_as_we_convert_them(self):
        """LMMS's own import of a Standard MIDI File gives the keys, ticks and volumes that we give."""
        source = self.write("imported", [(0, 69), (1, 60), (2.25, 100)])
        target = self.world.root / "by-lmms.mmp"
        desk = Desk(self.world)
        lmms = self.world.start("lmms", "--allowroot", "--import", source, environment=desk.environment)
        desk.key(self.window(desk, "Setup incomplete"), "Return")  # it misses a SoundFont
        desk.key(self.window(desk, "Untitled"), "ctrl+s")
        dialog = self.window(desk, "Save Project")
        desk.tool("xdotool", "windowfocus", dialog.window, "type", "--delay", 20, str(target))
        desk.key(dialog, "Return")
        self.assertTrue(wait_until(target.exists, 20), "LMMS did not save")
        lmms.terminate()
        lmms.wait(30)
        by_lmms = [note.attrib for note in ElementTree.parse(target).findall(".//pattern/note")]
        self.assertEqual([(note["key"], note["pos"], note["len"]) for note in by_lmms],
                         [("57", "0", "12"), ("48", "48", "12"), ("88", "108", "12")])
        self.ctl("convert", source, "by-us.mmp")
        by_us = [note.attrib for note in ElementTree.parse(self.world.root / "by-us.mmp").findall(".//note")]
        for theirs, ours in zip(by_lmms, by_us, strict=True):
            for name in "key", "pos", "len", "pan":
                self.assertEqual(ours[name], theirs[name], name)
            # LMMS cuts where we round.
            self.assertLessEqual(abs(int(ours["vol"]) - int(theirs["vol"])), 1)

    def window(self, desk, title):
        """The window with that title, once it is there, as Desk.key() wants it."""
        found = wait_until(lambda: desk.tool("xdotool", "search", "--onlyvisible", "--name", title,
                                             check=False).split(), 60, 0.2)
        if not found:
            self.fail(f"no window '{title}': {desk.screenshot('no-window')}")
        time.sleep(1)
        return types.SimpleNamespace(window=found[-1])


if __name__ == "__main__":
    sandbox.main()
