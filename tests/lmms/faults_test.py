#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runner and daemon die or hang while LMMS plays: the music goes on.

How it is judged. The song is one sine tone, so what the model adds is its overtones: a stretch of the
recording is wet where they are there. Missed periods are those that jackd counts for LMMS, compared with
the same song without the effect, played as long on the same desk in the same minute: the machine's own
noise counts on both sides, and as such counts scatter, three standard deviations of the plain song's are
allowed on top (2 where that is 0). A step is a change from one frame to the next above the largest that
the undisturbed wet and dry tone have; again the plain song may have some where the machine is too slow.
"""

import math
import os
import pathlib
import signal
import socket
import time
import unittest

import numpy

from lmmslab import audio, project, sandbox
from lmmslab.desk import Desk
from lmmslab.sandbox import JACK, Process, Sandbox, wait_until

RATE = 44100
PERIOD = 512
TONE_HZ = 440.0
SONG_BARS = 40
BPM = 60  # 160 s of song
HUNG_SECONDS = 2.0
BACK_SECONDS = 2.0  # after the end of the cause
GAP_SECONDS = 5.0   # between causes
WINDOW = 2205       # 50 ms, in which overtones are measured


def overtones(signal_):
    """Share of the third harmonic in each window; NaN where there is no tone."""
    shares = []
    time_ = numpy.arange(WINDOW) / RATE
    taper = numpy.hanning(WINDOW)
    for start in range(0, len(signal_) - WINDOW, WINDOW):
        window = signal_[start:start + WINDOW] * taper
        first, third = (abs(numpy.sum(window * numpy.exp(-2j * numpy.pi * TONE_HZ * k * time_))) for k in (1, 3))
        shares.append(third / first if first > 1 else math.nan)
    return numpy.array(shares)


class Playing:
    """LMMS playing the tone, and a recording of it."""

    def __init__(self, effect):
        self.world = Sandbox(audio=JACK, period=PERIOD)
        try:
            self.desk = Desk(self.world, jack_period=PERIOD)
            notes = project.one_tone(SONG_BARS)
            song = project.song(effect, notes=notes, bars=SONG_BARS, bpm=BPM, wave=0, others=0)
            self.lmms = self.desk.open(song)
            self.desk.play()
            time.sleep(2)
        except BaseException:
            self.world.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.world.close()

    def pids(self):
        status = self.world.status()
        if not status or not status["runners"]:
            return None
        return status["daemon_pid"], status["runners"][0]["pid"]

    def await_ready(self, seconds=20):
        def ready():
            status = self.world.status()
            return status and [stream["state"] for stream in status["streams"]] == ["ready"]

        return wait_until(ready, seconds, 0.1)


class Faults(unittest.TestCase):
    CAUSES = ("kill runner", "kill daemon", "stop runner", "stop daemon")

    def disturb(self, cause, daemon, runner):
        process = Process(runner if "runner" in cause else daemon)
        if cause.startswith("kill"):
            process.signal(signal.SIGKILL)
        else:
            process.signal(signal.SIGSTOP)
            time.sleep(HUNG_SECONDS)
            process.signal(signal.SIGCONT)

    def test_the_music_goes_on(self):
        seconds = 3 + len(self.CAUSES) * (GAP_SECONDS + HUNG_SECONDS)
        with Playing("") as plain:
            before = plain.desk.missed_periods()
            recording = plain.desk.record(round(seconds))
            recording.wait(seconds + 30)
            plain_missed = plain.desk.missed_periods() - before
            plain_sound = audio.samples(recording.wav)[:, 0]

        effect = project.effect(parameters={"drive": 8, "tone": 6, "level": 0})
        with Playing(effect) as playing:
            self.assertTrue(playing.await_ready(), "the effect has no stream")
            before = playing.desk.missed_periods()
            recording = playing.desk.record(round(seconds))
            started = time.monotonic()
            time.sleep(3)
            causes = []  # name, begin, end in seconds of the recording
            for cause in self.CAUSES:
                self.assertTrue(playing.await_ready(), f"no stream before '{cause}'")
                pids = playing.pids()
                begin = time.monotonic() - started
                self.disturb(cause, *pids)
                causes.append((cause, begin, time.monotonic() - started))
                time.sleep(GAP_SECONDS)
            recording.wait(seconds + 30)
            missed = playing.desk.missed_periods() - before
            playing.desk.quit(playing.lmms)
            report = playing.world.reports()[-1]
            sound = audio.samples(recording.wav)[:, 0]

        self.check(sound, plain_sound, causes, missed, plain_missed, report)

    def check(self, sound, plain_sound, causes, missed, plain_missed, report):
        shares = overtones(sound)
        wet_share = numpy.nanmedian(shares[: int(2.5 * RATE / WINDOW)])
        dry_share = numpy.nanmedian(overtones(plain_sound))
        wet = shares > math.sqrt(max(wet_share, 1e-9) * max(dry_share, 1e-9))
        print(f"\nthird harmonic: wet {wet_share:.4f}, dry {dry_share:.6f}")
        self.assertGreater(wet_share, 20 * dry_share, "wet and dry cannot be told apart")

        for cause, begin, end in causes:
            # The recorder's start is known to a tenth of a second.
            affected = wet[int((begin - 0.2) * RATE / WINDOW): int((end + BACK_SECONDS) * RATE / WINDOW)]
            after = wet[int((end + BACK_SECONDS) * RATE / WINDOW): int((end + BACK_SECONDS + 2) * RATE / WINDOW)]
            dry_seconds = numpy.count_nonzero(~affected) * WINDOW / RATE
            print(f"{cause:12} at {begin:5.1f} s for {end - begin:3.1f} s: dry for {dry_seconds:.2f} s")
            if "runner" in cause:  # audio does not pass through the daemon
                self.assertGreater(dry_seconds, 0, f"{cause}: no effect at all? It was not the runner in use")
            self.assertTrue(numpy.all(after), f"{cause}: not wet again {BACK_SECONDS} s after its end")

        own_step = max(audio.largest_step(sound[RATE // 2: 2 * RATE]), audio.largest_step(plain_sound[RATE // 2: 2 * RATE]))
        steps, plain_steps = (self.steps(x, own_step) for x in (sound, plain_sound))
        print(f"steps above the signal's own {own_step:.4f}: {steps}, without the effect {plain_steps}")
        print(f"periods missed: {missed}, without the effect {plain_missed}")
        print(f"report: {report}")
        self.assertEqual(report["connection"], "connected")
        self.assertLessEqual(missed, plain_missed + max(2, 3 * math.sqrt(plain_missed)))
        self.assertLessEqual(steps, plain_steps + (0 if missed == 0 else 2 * missed))

    def steps(self, sound, own_step):
        return int(numpy.count_nonzero(numpy.abs(numpy.diff(sound)) > 1.05 * own_step))


class KilledAll(unittest.TestCase):
    def test_nothing_is_left(self):
        shared = pathlib.Path("/dev/shm")
        with Playing(project.effect(parameters={"drive": 8})) as playing:
            world = playing.world
            self.assertTrue(playing.await_ready(), "the effect has no stream")
            victims = [Process(pid) for pid in (playing.lmms.pid, *playing.pids())]
            for victim in victims:
                victim.signal(signal.SIGKILL)
            playing.lmms.wait(10)
            self.assertTrue(wait_until(lambda: not world.leftovers(), 10),
                            [process.command() for process in world.leftovers()])
            self.assertEqual([path.name for path in shared.glob("*continuo*") if self.is_segment(path)], [])
            with socket.socket(socket.AF_UNIX) as client:
                with self.assertRaises(OSError, msg="somebody still answers"):
                    client.connect(str(world.socket))
            # What a killed daemon cannot remove, its file of the socket, is in nobody's way.
            self.assertTrue(world.ctl("models", "list"))

    def is_segment(self, path):
        """JACK's own files for this test's server carry its name too."""
        return not path.name.startswith(("jack", "sem.jack")) and path.stat().st_uid == os.getuid()


if __name__ == "__main__":
    sandbox.main()
