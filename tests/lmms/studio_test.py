#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The studio inside the real LMMS: notes are made in its window, placed in the song, saved, and
heard in a render; it stays alive while the daemon does not."""

import os
import re
import signal
import time
import unittest
import xml.etree.ElementTree as ElementTree

import numpy

from lmmslab import amp, audio, project, repository, sandbox
from lmmslab.desk import Desk
from lmmslab.sandbox import BUILD, JACK, Sandbox, wait_until
from lmmslab.studio import CONNECTED, GONE, SILENT, Studio

BPM = 140


def song(numerator=4, notes=None):
    text = project.song("", notes=notes or SILENT, bpm=BPM)
    return text.replace('timesig_numerator="4"', f'timesig_numerator="{numerator}"')


def automated_song(notes=None, **points):
    """Tempo (`bpm`) and signature (`timesig_numerator`) as automation has them, [(tick, value)] each."""
    text, models, lines = song(notes=notes), "", ""
    for number, (name, values) in enumerate(points.items()):
        text = re.sub(f' {name}="[0-9]*"', "", text)
        models += f'<{name} id="{7001 + number}" value="{values[0][1]}"/>'
        lines += project.automation(7001 + number, values, 16 * 192)
    text = text.replace('masterpitch="0"/>', f'masterpitch="0">{models}</head>')
    return text.replace("    </trackcontainer>", lines + "</trackcontainer>")


def tracks(path):
    """{name of a track: [(position of a pattern, [(position, key) of its notes])]}, those with notes."""
    found = {}
    for track in ElementTree.parse(path).getroot().iter("track"):
        for pattern in track.findall("pattern"):
            notes = [(int(note.get("pos")), int(note.get("key"))) for note in pattern.findall("note")]
            if notes:
                found.setdefault(track.get("name"), []).append((int(pattern.get("pos")), notes))
    return found


def instrument_track(name, instrument, pattern):
    return (f'<track muted="0" type="0" name="{name}" solo="0"><instrumenttrack pan="0" fxch="0" pitch="0" pitchrange="1" '
            f'basenote="57" usemasterpitch="1" vol="100"><instrument name="{instrument[0]}">{instrument[1]}</instrument>'
            '<eldata fwet="0" ftype="0" fcut="14000" fres="0.5"><elvol amt="0"/><elcut amt="0"/><elres amt="0"/></eldata>'
            f'<fxchain numofeffects="0" enabled="0"/></instrumenttrack>{pattern}</track>')


SOUNDFONT = "/usr/share/sounds/sf2/TimGM6mb.sf2"
# A player of SoundFonts on the bank of drums, with General MIDI's kick, snare and closed hat, in the second bar.
KIT = instrument_track(
    "Player", ("sf2player", f'<sf2player src="{SOUNDFONT}" bank="128" patch="0"/>'),
    '<pattern muted="0" type="1" steps="16" name="" pos="192">'
    + "".join(project.note(pitch - 12, position, 12) for position, pitch in ((0, 36), (48, 38), (96, 36), (120, 42), (144, 38)))
    + "</pattern>")


def beat():
    """A beat of one bar in LMMS's editor of beats, of steps, that the song plays in its bars 3 and 4."""
    def sampler(name, *positions):
        steps = "".join(f'<note pan="0" key="57" vol="100" pos="{position}" len="-192"/>' for position in positions)
        return instrument_track(name, ("audiofileprocessor", '<audiofileprocessor src="drums/kick01.ogg"/>'),
                                f'<pattern muted="0" type="0" steps="16" name="" pos="0">{steps}</pattern>')

    return ('<track muted="0" type="1" name="Groove" solo="0"><bbtrack>'
            '<trackcontainer type="bbtrackcontainer" x="5" y="5" width="600" height="300" visible="1" minimized="0" maximized="0">'
            + sampler("kick01.ogg", 0, 96) + sampler("hihat_opened01.ogg", 24) + sampler("snare01.ogg", 48, 144)
            + '</trackcontainer></bbtrack><bbtco muted="0" name="" pos="384" len="384"/></track>')


class InLmms(unittest.TestCase):
    def open(self, world, text, **desk):
        desk = Desk(world, **desk)
        lmms = desk.open(text)
        self.addCleanup(lambda: lmms.poll() is not None or lmms.kill())
        studio = Studio(desk, lmms)
        studio.await_lamp(CONNECTED)
        return desk, lmms, studio

    def check_placed_at_bar_three(self, numerator):
        ticks_a_bar = 48 * numerator
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, song(numerator))
            record = studio.generate()
            studio.place(bar=3)
            saved = studio.save()
            placed = tracks(saved)
            self.assertEqual(set(placed), {"Melody", "Chords"})
            for patterns in placed.values():
                self.assertEqual([position for position, _ in patterns], [2 * ticks_a_bar])
            # The project knows where they came from, and the recipe lies beside it.
            generated = world.ctl("project", "show", saved)["generated"]
            self.assertEqual({(one["track"], one["bar"], one["record"], one["recipe_is_there"]) for one in generated},
                             {(name, 3, record["id"], True) for name in placed})
            world.ctl("project", "check", saved)
            desk.quit(lmms)

            # Opened again and saved by LMMS, it has the same notes; rendered, they sound there.
            again = desk.open(saved.read_text(), name="again")
            desk.save(again)
            desk.quit(again)
            self.assertEqual(tracks(again.source), placed)
            self.assertEqual([{**one, "line": 0, "recipe_is_there": True}
                              for one in world.ctl("project", "show", again.source)["generated"]],
                             [{**one, "line": 0} for one in generated])
            rate, sound = audio.read(world.render(again.source.read_text(), "rendered"))
            first = min(position for patterns in placed.values() for start, notes in patterns
                        for position in [start + note for note, _ in notes])
            begin = first / 48 * 60 / BPM
            loud = numpy.flatnonzero(numpy.abs(sound).max(axis=1) > 1e-3)
            self.assertGreater(len(loud), rate, "the render is silent")
            self.assertAlmostEqual(loud[0] / rate, begin, delta=0.02)

    def test_a_melody_placed_at_bar_three_sounds_there(self):
        self.check_placed_at_bar_three(4)

    def test_in_a_song_of_three_quarters_too(self):
        self.check_placed_at_bar_three(3)

    def test_after_a_change_of_tempo_notes_sound_at_their_bar(self):
        """From bar 3 on the song is half as fast; the notes come into bar 5."""
        change = 2 * 192
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, automated_song(bpm=[(0, BPM), (change, BPM / 2)]))
            studio.generate()
            studio.place(bar=5)
            placed = tracks(desk.save(lmms))
            desk.quit(lmms)
            self.assertEqual({start for patterns in placed.values() for start, _ in patterns}, {4 * 192})
            again = desk.open(lmms.source.read_text(), name="again")
            desk.save(again)
            desk.quit(again)
            self.assertEqual(tracks(again.source), placed)
            first = min(start + note for patterns in placed.values() for start, notes in patterns for note, _ in notes)
            begin = (change / 48 + (first - change) / 48 * 2) * 60 / BPM
            rate, sound = audio.read(world.render(again.source.read_text(), "rendered"))
            loud = numpy.flatnonzero(numpy.abs(sound).max(axis=1) > 1e-3)
            self.assertGreater(len(loud), rate, "the render is silent")
            self.assertAlmostEqual(loud[0] / rate, begin, delta=0.02)

    def test_a_request_takes_tempo_and_signature_of_the_bar_that_it_is_for(self):
        text = automated_song(bpm=[(0, BPM), (2 * 192, BPM / 2)], timesig_numerator=[(0, 4), (4 * 192, 3)])
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, text)
            for bar, expected in ((2, (BPM, 4)), (3, (BPM / 2, 4)), (5, (BPM / 2, 3)), (1, (BPM, 4))):
                studio.set_bar(bar)
                request = studio.generate()["plan"]["request"]
                self.assertEqual((request["tempo_bpm"], request["signature_numerator"]), expected, f"bar {bar}")
            desk.quit(lmms)

    def test_an_input_has_the_tempo_of_the_bar_where_it_begins(self):
        melody = [project.note(key, 48 * i, 48) for i, key in enumerate([60, 62, 64, 65])]
        text = automated_song(melody, bpm=[(0, BPM), (2 * 192, BPM / 2)]).replace('steps="16" name="" pos="0"', 'steps="16" name="" pos="384"')
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, text)
            studio.key("alt+k", "Down")
            record = studio.generate()
            self.assertEqual(record["plan"]["request"]["tempo_bpm"], BPM / 2)
            world.ctl("history", "export", record["id"], "-o", "exported")
            tempos = world.ctl("midi", "info", f"exported/{record['id']}/input.mid")["tempos"]
            self.assertAlmostEqual(tempos[0]["quarters_per_minute"], BPM / 2, places=2)
            desk.quit(lmms)

    def test_a_placement_on_a_track_is_one_step_of_lmms_undo(self):
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, song())
            studio.generate()
            studio.place(bar=2, on=1)
            placed = tracks(studio.save())
            self.assertEqual(set(placed), {"Synth"})
            self.assertEqual(placed["Synth"][0][0], 192)
            studio.key("ctrl+z")
            self.assertEqual(tracks(studio.save()), {})
            studio.key("ctrl+y")
            self.assertEqual(tracks(studio.save()), placed)
            # The studio finds what redo has made anew.
            studio.to_front()  # LMMS has shown the song's editor
            studio.key("alt+u")
            self.assertEqual(tracks(studio.save()), {})
            desk.quit(lmms)

    def test_new_tracks_go_with_the_studios_own_undo(self):
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, song())
            studio.generate()
            studio.place()
            before = studio.save().read_text()
            self.assertEqual(before.count('<instrumenttrack '), 3)
            generated = lambda: world.ctl("project", "show", lmms.source)["generated"]
            self.assertEqual([(one["bar"], one["recipe_is_there"]) for one in generated()], [(1, True)] * 2)
            # What one save has written the next one does not hold on to.
            studio.place(bar=5)
            studio.save()
            self.assertEqual([(one["bar"], one["recipe_is_there"]) for one in generated()],
                             [(1, True)] * 2 + [(5, True)] * 2)
            studio.key("alt+u")
            studio.save()
            self.assertEqual([one["bar"] for one in generated()], [1, 1])
            studio.key("alt+u")
            self.assertEqual(studio.save().read_text().count('<instrumenttrack '), 1)
            self.assertEqual(generated(), [])
            desk.quit(lmms)

    def test_drums_get_a_track_with_a_sample_each(self):
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, song())
            studio.key("alt+k", "Down", "Down")
            studio.generate()
            studio.place()
            saved = studio.save()
            self.assertIn("Kick", tracks(saved))
            self.assertIn("drums/kick01.ogg", saved.read_text())
            # They are drums again when they are gone on with, from where they end.
            studio.key("alt+k", "Down")
            record = studio.generate()
            self.assertEqual((record["plan"]["model"], record["plan"]["request"]["task"]),
                             ("groove", "GENERATION_TASK_CONTINUE"))
            studio.place()
            saved = studio.save()
            self.assertIn(4 * 192, {position for patterns in tracks(saved).values() for position, _ in patterns})
            desk.quit(lmms)
            level = audio.level(audio.samples(world.render(saved.read_text(), "drums")))
            self.assertGreater(level, 1e-3)

    def given(self, world, record):
        """(tick, pitch) of the notes that were the input of a record."""
        world.ctl("history", "export", record["id"], "-o", "exported")
        world.ctl("midi", "convert", f"exported/{record['id']}/input.mid", "input.mmp")
        return sorted((start + position, key + 12) for patterns in tracks(world.root / "input.mmp").values()
                      for start, notes in patterns for position, key in notes)

    def check_drums_are_gone_on_with(self, track, notes, ticks):
        with Sandbox() as world:
            text = song().replace("    </trackcontainer>\n    <fxmixer", track + "</trackcontainer>\n    <fxmixer")
            desk, lmms, studio = self.open(world, text)
            studio.key("alt+k", "Down", "Down", "Down")
            record = studio.generate()
            self.assertEqual(record["plan"]["model"], "groove")
            self.assertEqual(self.given(world, record), notes)
            # They go on where the input ends.
            studio.place()
            self.assertEqual({start for patterns in tracks(studio.save()).values() for start, _ in patterns} - {0, 192}, {ticks})
            desk.quit(lmms)

    @unittest.skipUnless(os.path.exists(SOUNDFONT), f"NOT RUN: there is no {SOUNDFONT}")
    def test_drums_of_a_general_midi_kit_are_gone_on_with(self):
        self.check_drums_are_gone_on_with(KIT, [(0, 36), (48, 38), (96, 36), (120, 42), (144, 38)], 2 * 192)

    def test_a_beat_of_the_beat_editor_is_gone_on_with(self):
        bar = [(0, 35), (24, 46), (48, 38), (96, 35), (144, 38)]
        self.check_drums_are_gone_on_with(beat(), bar + [(192 + tick, pitch) for tick, pitch in bar], 4 * 192)

    def test_a_track_is_harmonised_from_where_it_stands(self):
        melody = [project.note(key, 48 * i, 48) for i, key in enumerate([60, 62, 64, 65, 67, 65, 64, 62])]
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, song(notes=melody))
            studio.key("alt+k", "Down")
            record = studio.generate()
            self.assertEqual(record["plan"]["request"]["task"], "GENERATION_TASK_HARMONY")
            self.assertEqual(record["plan"]["request"]["signature_numerator"], 4)
            studio.place()
            placed = tracks(studio.save())
            self.assertGreaterEqual(len(placed), 4)
            desk.quit(lmms)

    def test_what_was_made_is_varied_redone_starred_and_made_again(self):
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, song())
            first = studio.generate()
            for button, task in ((studio.BUSIER, "GENERATION_TASK_VARY"), (studio.REDO, "GENERATION_TASK_INFILL")):
                count = len(studio.records())
                studio.click(*button)
                self.assertTrue(wait_until(lambda: len(studio.records()) > count, 20, 0.2),
                                f"nothing was made: {desk.screenshot('not-derived')}")
                time.sleep(0.7)
                derived = studio.records()[0]
                self.assertEqual(derived["plan"]["request"]["task"], task)
                self.assertEqual(derived["parents"], [first["id"]])
                first = derived
            studio.key("alt+y")
            time.sleep(1)  # until the newest is shown
            studio.click(*studio.STAR)
            self.assertTrue(wait_until(lambda: studio.records()[0]["starred"], 10, 0.2),
                            f"no star: {desk.screenshot('not-starred')}")
            count = len(studio.records())
            studio.click(*studio.MAKE_AGAIN)
            self.assertTrue(wait_until(lambda: len(studio.records()) > count, 20, 0.2), "not made again")
            again = world.ctl("history", "show", "last")
            before = world.ctl("history", "show", first["id"])
            self.assertEqual([candidate["midi"] for candidate in again["candidates"]],
                             [candidate["midi"] for candidate in before["candidates"]])
            desk.quit(lmms)

    def test_two_candidates_are_compared_note_by_note(self):
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, song())
            studio.key("alt+d", *"7", "Return")
            studio.generate()
            studio.click(*studio.MORE_LIKE_THIS)  # of one another they have many notes
            self.assertTrue(wait_until(lambda: len(studio.records()) > 1, 30, 0.2), "nothing was made")
            time.sleep(0.7)
            best, second, third = [index + 1 for index in world.ctl("history", "show", "last")["ranking"]]

            def expected(left, right):
                """Whether there are notes that only the one has, that only the other has, and that both have."""
                sides = world.ctl("history", "compare", f"last:{left}", f"last:{right}")
                own = [sides[side]["figures"]["notes"] for side in ("left", "right")]
                return own[0] > sides["shared_notes"], own[1] > sides["shared_notes"], sides["shared_notes"] > 0

            self.assertEqual(expected(best, second), (True, True, True))
            self.assertFalse(studio.compared("cards"))
            studio.key("alt+s")
            time.sleep(0.5)
            self.assertEqual(studio.compared("compared"), expected(best, second))
            studio.key("alt+s")
            self.assertFalse(studio.compared("cards-again"))
            # A click with Ctrl on a card compares the chosen one with it.
            studio.click(*studio.THIRD_CARD, modifier="ctrl")
            time.sleep(0.5)
            self.assertEqual(studio.compared("compared-third"), expected(best, third))
            desk.quit(lmms)

    def test_a_candidate_is_heard_and_adds_nothing_to_the_song(self):
        with Sandbox(audio=JACK, period=256) as world:
            desk, lmms, studio = self.open(world, song(), jack_period=256)
            studio.generate()
            silence = desk.record(2, "silence")
            silence.wait(30)
            heard = desk.record(4, "heard")
            time.sleep(0.5)
            studio.key("alt+l")
            heard.wait(30)
            studio.key("alt+l")
            self.assertLess(audio.level(audio.samples(silence.wav)), 1e-6)
            self.assertGreater(audio.level(audio.samples(heard.wav)), 1e-3)
            saved = studio.save()
            self.assertEqual(tracks(saved), {})
            self.assertEqual(saved.read_text().count("<instrumenttrack "), 1)
            desk.quit(lmms)

    def test_a_candidate_is_heard_with_the_songs_changes_of_tempo(self):
        """It is for bar 3, and from bar 4 on the song is three times as fast; what stands in the box counts nowhere."""
        change, factor = 3 * 192, 3
        text = automated_song(bpm=[(0, BPM), (change, factor * BPM)])
        with Sandbox(audio=JACK, period=256) as world:
            desk, lmms, studio = self.open(world, text, jack_period=256)
            studio.set_bar(3)
            studio.generate()
            heard = desk.record(12, "heard")
            time.sleep(0.5)
            studio.key("alt+l")
            heard.wait(30)
            studio.place()
            saved = ElementTree.parse(studio.save())
            desk.quit(lmms)
            rate, sound = audio.read(heard.wav)
        notes = [(int(pattern.get("pos")) + int(note.get("pos")), int(note.get("len")))
                 for pattern in saved.iter("pattern") for note in pattern.findall("note")]

        def seconds(tick):
            return (min(tick, change) + max(0, tick - change) / factor) / 48 * 60 / BPM

        begin, end = min(start for start, _ in notes), max(start + length for start, length in notes)
        self.assertLess(begin, change)
        self.assertGreater(end, change + 192)
        loud = numpy.flatnonzero(numpy.abs(sound).max(axis=1) > 1e-3)
        self.assertGreater(len(loud), 0, "nothing was heard")
        self.assertAlmostEqual((loud[-1] - loud[0]) / rate, seconds(end) - seconds(begin), delta=0.3)

    def test_a_preset_brings_the_controls_back(self):
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, song())
            studio.click(*studio.BUSY_FULL)
            studio.click(*studio.KEEP)
            dialog = studio.dialog("Keep a preset")
            for name in *"Loud", "Return":
                desk.key(dialog, name)
            time.sleep(0.5)
            kept = studio.generate()["plan"]["request"]["macros"]["busy"]
            self.assertGreater(kept, 0.5)
            for _ in range(6):
                studio.click(*studio.BUSY_EMPTY)
            self.assertLess(studio.generate()["plan"]["request"]["macros"]["busy"], 0.5)
            studio.click(*studio.PRESETS)
            studio.key("Down", "Return")
            self.assertEqual(studio.generate()["plan"]["request"]["macros"]["busy"], kept)
            self.assertIn("Loud=", (world.home / ".config/continuo/studio.ini").read_text())
            desk.quit(lmms)

    def test_what_is_heard_may_go_from_the_song(self):
        """The track that plays a candidate is taken out, then the whole song, in the middle of it."""
        with Sandbox(audio=JACK, period=256) as world:
            desk, lmms, studio = self.open(world, song(), jack_period=256)
            studio.generate()
            studio.place()
            studio.listen_with(2)
            studio.key("alt+l")
            time.sleep(1)
            studio.key("alt+u")
            self.assertEqual(tracks(studio.save()), {})
            studio.key("alt+l")
            time.sleep(0.5)
            studio.save()  # LMMS counts its own sounds, once loaded, as a change
            studio.key("ctrl+n")
            time.sleep(2)
            studio.to_front()
            studio.generate()
            self.assertIsNone(lmms.poll(), lmms.log.read_text(errors="replace"))
            desk.quit(lmms)

    def test_a_daemon_that_is_killed_is_told_of_and_comes_back_by_itself(self):
        with Sandbox() as world:
            program = world.root / "continuod"
            program.symlink_to(BUILD / "bin/continuod")
            world.environment["CONTINUO_DAEMON"] = str(program)
            desk, lmms, studio = self.open(world, song())
            studio.generate()
            program.unlink()
            os.kill(world.status()["daemon_pid"], signal.SIGKILL)
            studio.await_lamp(GONE)
            studio.key("alt+g")  # says why not
            studio.save()  # LMMS goes on
            program.symlink_to(BUILD / "bin/continuod")
            studio.await_lamp(CONNECTED)
            studio.generate()
            self.assertEqual(len(studio.records()), 2)
            desk.quit(lmms)

    def test_the_window_waits_for_no_daemon_that_has_stopped(self):
        with Sandbox() as world:
            desk, lmms, studio = self.open(world, song())
            pid = world.status()["daemon_pid"]
            os.kill(pid, signal.SIGSTOP)
            try:
                studio.key("alt+g", "alt+y", "alt+m", "alt+c")
                studio.save()
                desk.quit(lmms)
            finally:
                os.kill(pid, signal.SIGCONT)


    def test_a_model_of_a_repository_is_installed_from_the_window(self):
        with Sandbox() as world:
            repository.configure(world, *repository.publish(world))
            model = amp.MODEL
            self.assertNotIn(model, self.models(world))
            desk, lmms, studio = self.open(world, song())
            studio.key("alt+m")
            time.sleep(3)  # until the repository has answered
            studio.key("Tab", *"standard")  # the search; what it finds is chosen
            studio.key("alt+i")
            self.assertTrue(wait_until(lambda: model in self.models(world), 30, 0.3),
                            f"not installed: {desk.screenshot('not-installed')}")
            desk.quit(lmms)

    def models(self, world):
        return [model["manifest"]["id"] for model in world.ctl("models", "list")["models"]]


if __name__ == "__main__":
    sandbox.main()
