#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A song with sounds of the user's own, bundled and opened by the real LMMS of somebody else."""

import pathlib
import shutil
import unittest
import zipfile

import numpy
import scipy.io.wavfile

from lmmslab import audio, project, sandbox
from lmmslab.sandbox import BUILD, Sandbox

RATE = 44100
SOUNDFONT = pathlib.Path("/usr/share/sounds/sf2/TimGM6mb.sf2")


def tone(path, hz):
    """A second of it, in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scipy.io.wavfile.write(path, RATE, (0.5 * numpy.sin(2 * numpy.pi * hz * numpy.arange(RATE) / RATE)).astype("f4"))
    return path


def sample_track(source, position=0):
    return ('<track muted="0" type="2" name="Samples" solo="0"><sampletrack vol="100" pan="0">'
            '<fxchain numofeffects="0" enabled="0"/></sampletrack>'
            f'<sampletco muted="0" src="{source}" pos="{position}" len="192"/></track>')


def instrument_track(instrument):
    """One that plays a note in the second bar."""
    return ('<track muted="0" type="0" name="Instrument" solo="0"><instrumenttrack pan="0" fxch="0" pitch="0" '
            f'pitchrange="1" basenote="57" usemasterpitch="1" vol="100">{instrument}'
            '<eldata fwet="0" ftype="0" fcut="14000" fres="0.5"><elvol amt="0"/><elcut amt="0"/><elres amt="0"/></eldata>'
            '<fxchain numofeffects="0" enabled="0"/></instrumenttrack><pattern muted="0" type="1" steps="16" name="" pos="0">'
            '<note pan="0" key="57" vol="100" pos="192" len="96"/></pattern></track>')


def sampler(source):
    return instrument_track(f'<instrument name="audiofileprocessor"><audiofileprocessor src="{source}" amp="100" sframe="0" '
                            'eframe="1" lframe="0" looped="0" reversed="0" stutter="0" interp="1"/></instrument>')


def soundfont_player(source):
    return instrument_track(f'<instrument name="sf2player"><sf2player src="{source}" bank="0" patch="0" gain="1" '
                            'reverbOn="0" chorusOn="0"/></instrument>')


def song(*tracks):
    return project.song("", notes=[" "], bars=2, tracks="\n".join(tracks))


class Bundle(unittest.TestCase):
    def handed_on(self, text, home, *options):
        """What the song sounds like where it was made, and on another's LMMS that has only the bundle."""
        with Sandbox() as world:
            samples = world.home / "Documents/lmms/samples"
            for name, hz in home.items():
                tone(samples / name, hz)
            if SOUNDFONT.exists():
                (samples / "soundfonts").mkdir(parents=True)
                shutil.copy(SOUNDFONT, samples / "soundfonts/piano.sf2")
            text = text.replace("{elsewhere}", str(tone(world.root / "elsewhere/mine.wav", 523)))
            before = audio.samples(world.render(text, "song"))
            world.ctl("project", "bundle", "song.mmp", "-o", "song.zip", *options)
            kept = pathlib.Path(shutil.copy(world.root / "song.zip", BUILD / "bundle-test.zip"))
        self.addCleanup(kept.unlink)
        with Sandbox() as other:
            folder = other.home / "Documents/lmms/projects"
            with zipfile.ZipFile(kept) as bundle:
                bundle.extractall(folder)
            wav = other.root / "there.wav"
            other.run("lmms", "--allowroot", "render", folder / "song/song.mmp", "-o", wav, "-f", "wav", "-a", "-x", "1")
            after = audio.samples(wav)
        return before, after

    def test_samples_sound_the_same_at_another_place(self):
        before, after = self.handed_on(
            song(sample_track("mine/low.wav"), sample_track("{elsewhere}", 96), sampler("high.wav"),
                 sample_track("drums/kick01.ogg", 288)), {"mine/low.wav": 220, "high.wav": 880})
        self.assertGreater(audio.level(before), 0.05)
        self.assertEqual(audio.largest_difference(before, after), 0)

    def test_a_soundfont_too(self):
        if not SOUNDFONT.exists():
            self.skipTest(f"NOT RUN: there is no {SOUNDFONT}")
        before, after = self.handed_on(song(soundfont_player("soundfonts/piano.sf2")), {}, "--soundfonts")
        self.assertGreater(audio.level(before), 1e-3)
        self.assertEqual(audio.largest_difference(before, after), 0)

    def test_where_lmms_looks_for_a_sample(self):
        """What the bundle builds on: names are relative to the user's samples, and to LMMS's own."""
        with Sandbox() as world:
            lmms = world.home / "Documents/lmms"

            def level(name, source):
                return audio.level(audio.samples(world.render(song(sample_track(source)), name)))

            tone(lmms / "samples/mine/a.wav", 440)
            tone(lmms / "projects/song/samples/b.wav", 440)
            tone(world.root / "samples/c.wav", 440)
            self.assertGreater(level("users", "mine/a.wav"), 0.05)
            self.assertGreater(level("beside", "../projects/song/samples/b.wav"), 0.05)
            self.assertGreater(level("own", "drums/kick01.ogg"), 0.01)
            self.assertEqual(level("of-the-song", "b.wav"), 0)
            self.assertEqual(level("gone", "mine/gone.wav"), 0)


if __name__ == "__main__":
    sandbox.main()
