# SPDX-License-Identifier: Apache-2.0
"""continuoctl midi: files of notes as its users have them, by our own hand and by python3-mido
where that is installed. No daemon is needed, and none is started."""

import os
import struct
import unittest

from ctl_harness import BAD_INPUT, BAD_OUTPUT, REFUSED, USAGE, CtlTest

try:
    import mido
except ImportError:
    mido = None

# One track, 96 ticks: C4 for a quarter, then E4 and G4 for an eighth each, 3/4, 100 a minute.
NOTES = bytes([0, 0x90, 60, 100, 96, 60, 0, 0, 64, 80, 48, 64, 0, 0, 67, 90, 48, 67, 0])
HEAD = (b"\0\xFF\x03\x04Lead\0\xFF\x58\x04\x03\x02\x18\x08\0\xFF\x51\x03\x09\x27\xC0\0\xFF\x59\x02\xFF\x01"
        b"\0\xC0\x05")
END = b"\0\xFF\x2F\0"


def midi_file(tracks, division=96, kind=None, count=None):
    kind = (0 if len(tracks) == 1 else 1) if kind is None else kind
    data = b"MThd" + struct.pack(">IHHH", 6, kind, len(tracks) if count is None else count, division)
    return data + b"".join(b"MTrk" + struct.pack(">I", len(track)) + track for track in tracks)


class MidiTest(CtlTest):
    daemon = False

    def write(self, name="in.mid", data=None):
        path = self.work / name
        path.write_bytes(midi_file([HEAD + NOTES + END]) if data is None else data)
        return path

    def midi(self, *words):
        return self.succeeds("--json", "midi", *words).json

    def notes(self, name):
        return [(note["tick"], note["length"], note["pitch"])
                for track in self.midi("show", name)["tracks"] for note in track["notes"]]


class Verbs(MidiTest):
    def test_info(self):
        self.write()
        info = self.midi("info", "in.mid")
        self.assertEqual((info["bars"], info["notes"], info["ticks"]), (1, 3, 192))
        self.assertAlmostEqual(info["seconds"], 1.2)
        self.assertEqual(info["tempos"], [{"tick": 0, "bar": 1, "beat": 1, "quarters_per_minute": 100.0}])
        self.assertEqual(info["signatures"][0]["signature"], "3/4")
        self.assertEqual(info["keys"][0]["key"], "Dm")
        self.assertEqual(info["tracks"], [{"name": "Lead", "notes": 3, "events": 1, "channels": [1],
                                           "pitch": {"lowest": 60, "highest": 67},
                                           "velocity": {"lowest": 80, "highest": 100}}])
        text = self.succeeds("midi", "info", "in.mid").out
        for words in ("1 tracks, 3 notes, 1 bars, 1.2 s", "tempo: 100", "signature: 3/4", "key: Dm", "C4 to G4"):
            self.assertIn(words, text)

    def test_transform(self):
        self.write()
        self.midi("transform", "in.mid", "out.mid", "--apply", "transpose:semitones=-12; stretch:factor=2")
        self.assertEqual(self.notes("out.mid"), [(0, 192, 48), (192, 96, 52), (288, 96, 55)])
        self.assertEqual(self.midi("info", "out.mid")["tracks"][0]["events"], 1)  # the program is kept

    def test_the_same_seed_gives_the_same_bytes(self):
        self.write()
        for name, seed in (("a.mid", 1), ("b.mid", 1), ("c.mid", 2)):
            self.midi("transform", "in.mid", name, "--apply", f"humanise:seed={seed}")
        a, b, c = ((self.work / name).read_bytes() for name in ("a.mid", "b.mid", "c.mid"))
        self.assertEqual(a, b)
        self.assertNotEqual(a, c)

    def test_one_track_alone(self):
        self.write(data=midi_file([NOTES + END, NOTES + END]))
        self.midi("transform", "in.mid", "out.mid", "--apply", "transpose:semitones=1", "--track", 2)
        pitches = [note[2] for note in self.notes("out.mid")]
        self.assertEqual(pitches, [60, 64, 67, 61, 65, 68])

    def test_to_lmms_and_back(self):
        self.write()
        for name in ("a.mmp", "a.mmpz", "a.xpt", "a.xptz"):
            with self.subTest(name):
                self.midi("convert", "in.mid", name)
                self.midi("convert", name, "back.mid", "--ticks", "96", "--force")
                self.assertEqual(self.notes("back.mid"), self.notes("in.mid"))
        self.assertEqual(self.midi("info", "a.mmp")["tempos"][0]["quarters_per_minute"], 100)

    def test_what_a_format_cannot_keep_is_told(self):
        self.write()
        told = self.succeeds("midi", "convert", "in.mid", "a.mmp").err
        self.assertIn("a.mmp: 1 events other than notes were left out", told)

    def test_show(self):
        self.write()
        plain = self.succeeds("midi", "show", "in.mid", "--plain").out
        self.assertEqual([line.rstrip() for line in plain.splitlines()],
                         ["     1", "     |      o-", "     |", "     |", "     |    o-", "     |", "     |", "     |", "C4   |o---"])
        blocks = self.succeeds("midi", "show", "in.mid", environment={"LC_ALL": "C.UTF-8"}).out
        self.assertEqual([line.rstrip() for line in blocks.splitlines()],
                         ["     1", "     │      ▀▀", "     │    ▄▄", "     │", "C4   │▄▄▄▄"])
        self.assertEqual(len(self.midi("show", "in.mid", "--bars", 1)["tracks"][0]["notes"]), 3)
        self.midi("transform", "in.mid", "two.mid", "--apply", "repeat:times=2")
        self.assertEqual(len(self.midi("show", "two.mid")["tracks"][0]["notes"]), 6)
        self.assertEqual(len(self.midi("show", "two.mid", "--bars", 2)["tracks"][0]["notes"]), 3)
        self.assertIn("o---", self.succeeds("midi", "show", "in.mid", environment={"LC_ALL": "C"}).out)

    def test_picture(self):
        self.write()
        for name in ("a.png", "b.png"):
            self.midi("picture", "in.mid", name, "--width", 640, "--height", 200)
        png = (self.work / "a.png").read_bytes()
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(struct.unpack(">II", png[16:24]), (640, 200))
        self.assertEqual(png, (self.work / "b.png").read_bytes())
        self.refuses(USAGE, ["width is 5 pixels"], "midi", "picture", "in.mid", "c.png", "--width", 5)

    def test_transforms(self):
        self.assertIn("swing=0", self.succeeds("midi", "transforms").out)

    @unittest.skipIf(mido is None, "python3-mido is not installed")
    def test_analyse(self):
        self.write()
        one = self.midi("analyse", "in.mid")["files"][0]
        # C4 for a quarter, E4 and G4 for an eighth each.
        self.assertEqual(one["metrics"]["notes_per_bar"], 3)
        self.assertEqual(one["metrics"]["pitch_range"], 7)
        self.assertAlmostEqual(one["metrics"]["pitch_class_entropy"], 1.58496, places=4)
        self.assertNotIn("faults", one)
        text = self.succeeds("midi", "analyse", "in.mid").out
        self.assertIn("notes_per_bar", text)

    def test_a_reference_scores_its_own_songs_in_the_middle(self):
        songs = self.work / "songs"
        songs.mkdir()
        for i in range(12):
            notes = b"".join(bytes([0, 0x90, pitch, 100, 96, pitch, 0])
                             for pitch in (60 + (k * (i + 2) + k * k) % 13 for k in range(32)))
            (songs / f"{i:02}.mid").write_bytes(midi_file([notes + END]))
        made = self.midi("reference", "songs", "-o", "quality.json", "--bars", "4")
        self.assertEqual(made["songs"], 12)
        self.assertEqual(made["lengths"], [{"bars": 4, "excerpts": 24, "heard": {}}])
        all_of_them = self.midi("analyse", "songs", "--reference", "quality.json")
        self.assertEqual(len(all_of_them["files"]), 12)
        self.assertTrue(0.3 < all_of_them["summary"]["score"]["mean"] < 0.7, all_of_them["summary"]["score"])
        self.write()
        outside = self.midi("analyse", "in.mid", "--reference", "quality.json")["files"][0]
        self.assertLess(outside["score"], 0.05)
        self.assertLess(outside["reasons"][0]["effect"], 0)
        # What is there is not replaced; what is no reference is told by its key.
        self.refuses(BAD_OUTPUT, ["quality.json"], "midi", "reference", "songs", "-o", "quality.json")
        self.write("none.json", b"{}")
        self.refuses(BAD_INPUT, ["continuo_reference"], "midi", "analyse", "in.mid", "--reference", "none.json")
        self.refuses(BAD_INPUT, ["excerpts of 4 bars"], "midi", "reference", "in.mid", "-o", "one.json")

    def test_a_model_says_how_likely_it_has_a_song(self):
        melody = [(60, 64, 67, 64), (65, 64, 62, 59), (60, 62, 64, 65), (67, 65, 64, 62)]
        notes = b"".join(bytes([0, 0x90, pitch, 100, 96, pitch, 0]) for bar in melody for pitch in bar)
        wild = b"".join(bytes([0, 0x90, 37 + pitch * 7 % 59, 100, 96, 37 + pitch * 7 % 59, 0])
                        for bar in melody for pitch in bar)
        self.write("tune.mid", midi_file([notes + END]))
        self.write("wild.mid", midi_file([wild + END]))
        found = {name: self.midi("analyse", name, "--model", "melody")["files"][0] for name in ("tune.mid", "wild.mid")}
        self.assertEqual(found["tune.mid"]["likelihood"]["as"], "melody")
        self.assertGreater(found["tune.mid"]["likelihood"]["mean"], found["wild.mid"]["likelihood"]["mean"] + 0.3)
        self.assertGreater(found["tune.mid"]["score"], found["wild.mid"]["score"])
        # Between its own bars the middle is easier to guess.
        filled = self.midi("analyse", "tune.mid", "--model", "melody", "--as", "infill")["files"][0]
        self.assertEqual(filled["likelihood"]["as"], "infill")
        self.assertIn("nats a cell", self.succeeds("midi", "analyse", "tune.mid", "--model", "melody").out)
        self.refuses(USAGE, ["this model knows melody, continue, infill, vary"],
                     "midi", "analyse", "tune.mid", "--model", "melody", "--as", "drums")
        self.refuses(BAD_INPUT, ["nothing-like-it", "no folder of a model"],
                     "midi", "analyse", "tune.mid", "--model", "nothing-like-it")
        self.refuses(BAD_INPUT, ["no model that writes notes"], "midi", "analyse", "tune.mid", "--model", "drive")

    def test_files_of_mido_are_read_and_ours_are_read_by_it(self):
        song = mido.MidiFile(type=1, ticks_per_beat=480)
        for channel in range(3):
            track = song.add_track(f"part {channel}")
            track.append(mido.MetaMessage("set_tempo", tempo=400000 + channel))
            track.append(mido.Message("program_change", channel=channel, program=5))
            track.append(mido.Message("sysex", data=[1, 2, 3]))
            for i in range(20):
                track.append(mido.Message("note_on", channel=channel, note=40 + i, velocity=64, time=10))
                track.append(mido.Message("pitchwheel", channel=channel, pitch=i * 100 - 700, time=5))
                track.append(mido.Message("note_off", channel=channel, note=40 + i, velocity=i, time=100))
            track.append(mido.MetaMessage("lyrics", text="la", time=3))
        song.save(self.work / "mido.mid")
        self.midi("convert", "mido.mid", "ours.mid")
        ours = mido.MidiFile(self.work / "ours.mid")

        def messages(file):
            for number, track in enumerate(file.tracks):
                now = 0
                for message in track:
                    now += message.time
                    if message.type == "note_on" and message.velocity == 0:
                        message = mido.Message("note_off", channel=message.channel, note=message.note, velocity=64)
                    if message.type not in ("set_tempo", "end_of_track"):
                        yield number, now, str(message.copy(time=0))

        self.assertEqual(sorted(messages(ours)), sorted(messages(song)))
        self.assertEqual(ours.length, mido.MidiFile(self.work / "mido.mid").length)


class Refusals(MidiTest):
    def refuses_input(self, words, data):
        self.write(data=data)
        word = self.refuses(BAD_INPUT, ["in.mid", *words], "midi", "info", "in.mid")
        self.assertEqual(word, "bad_input")

    def test_hostile_files(self):
        track = NOTES + END
        self.refuses_input(["byte 0", "MThd"], b"This is a letter.")
        self.refuses_input(["5000 tracks", "1024"], midi_file([END] * 5000))
        self.refuses_input(["division is 0"], midi_file([track], division=0))
        self.refuses_input(["without End of Track"], midi_file([NOTES]))
        self.refuses_input(["format 2"], midi_file([track], kind=2))
        self.refuses_input(["of which 1 are there"], midi_file([track], kind=1, count=2))
        self.refuses_input(["the chunk says it has 4294967295 bytes"],
                           midi_file([track])[:18] + b"\xFF\xFF\xFF\xFF" + track)
        self.refuses_input(["add up to"], midi_file([b"\xFF\xFF\xFF\x7F\x90\x40\x40" * 2 + END]))
        self.refuses_input(["is no file of LMMS"], b"<svg><lmms-project/></svg>")

    def test_not_a_file(self):
        self.refuses(BAD_INPUT, ["none.mid"], "midi", "info", "none.mid")
        os.mkfifo(self.work / "in.mid")
        self.refuses(BAD_INPUT, ["is not a regular file"], "midi", "info", "in.mid")

    def test_the_input_is_never_overwritten(self):
        path = self.write()
        before = path.read_bytes()
        words = ("midi", "transform", "in.mid", "in.mid", "--apply", "retrograde")
        self.refuses(BAD_OUTPUT, ["is the input file itself"], *words)
        self.refuses(BAD_OUTPUT, ["is the input file itself"], *words, "--force")
        self.assertEqual(path.read_bytes(), before)

    def test_an_output_that_is_there_needs_force(self):
        self.write()
        self.write("out.mid", b"mine")
        words = ("midi", "convert", "in.mid", "out.mid")
        self.refuses(BAD_OUTPUT, ["is there already", "--force"], *words)
        self.assertEqual((self.work / "out.mid").read_bytes(), b"mine")
        self.succeeds(*words, "--force")
        self.assertEqual(self.notes("out.mid"), self.notes("in.mid"))

    def test_an_output_without_a_place(self):
        self.write()
        self.refuses(BAD_OUTPUT, ["there is no directory"], "midi", "convert", "in.mid", "no/out.mid")
        self.refuses(USAGE, ["'.wav' is no ending"], "midi", "convert", "in.mid", "out.wav")

    def test_transforms_that_make_no_sense(self):
        self.write()
        words = ("midi", "transform", "in.mid", "out.mid", "--apply")
        self.refuses(USAGE, ["quantise: strength is 2; 0 to 1 is expected"], *words, "quantise:strength=2")
        self.refuses(USAGE, ["'swing' is no transform"], *words, "swing:by=2")
        word = self.refuses(REFUSED, ["pitch 60", "bar 1, beat 1", "-30"], *words, "transpose:semitones=-90")
        self.assertEqual(word, "out_of_range")
        self.refuses(USAGE, ["--track 2", "has 1 tracks"], *words, "retrograde", "--track", 2)

    def test_a_clip_of_several_tracks(self):
        self.write(data=midi_file([NOTES + END, NOTES + END]))
        self.refuses(USAGE, ["a clip holds one track", "1, 2", "--track"], "midi", "convert", "in.mid", "out.xpt")
        self.succeeds("midi", "convert", "in.mid", "out.xpt", "--track", 2)

    def test_bars_that_are_not_there(self):
        self.write()
        self.refuses(USAGE, ["--bars '2-3'", "has 1 bars"], "midi", "show", "in.mid", "--bars", "2-3")


if __name__ == "__main__":
    unittest.main()
