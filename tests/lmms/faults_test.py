#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runner and daemon die or hang while LMMS plays: the music goes on.

How it is judged. The song is one sine tone, so what the model adds is its overtones: a stretch of the
recording is wet where they are there. Missed periods are those that jackd counts for LMMS, compared with
the same song without the effect, played as long on the same desk in the same minute: the machine's own
noise counts on both sides, and as such counts scatter, three standard deviations of the plain song's are
allowed on top (2 where that is 0). What daemon and runner have waited for a processor that others had, as the
kernel counts it, is taken off the time that the sound needs to be wet again. A step is a change from one frame to the next above the largest that
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
WET_WINDOWS = 6     # so many in a row are "wet again"


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


def first_run(flags, length):
    """Where the first run of `length` true values starts; infinity where there is none."""
    for start in range(len(flags) - length + 1):
        if all(flags[start:start + length]):
            return start
    return math.inf


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
        if not status or not status["streams"]:
            return None
        return status["daemon_pid"], status["streams"][0]["runner_pid"]

    def await_ready(self, seconds=20):
        def ready():
            status = self.world.status()
            streams = status["streams"] if status else []
            # A daemon may not have noticed yet that its runner has just been killed.
            return [stream["state"] for stream in streams] == ["ready"] and Process(streams[0]["runner_pid"]).alive()

        return wait_until(ready, seconds, 0.1)


class Faults(unittest.TestCase):
    CAUSES = ("kill runner", "kill daemon", "stop runner", "stop daemon")

    def waited_for_a_processor(self, playing):
        """Seconds that the present daemon and runner were ready to run, and something else ran."""
        return sum(max(int(path.read_text().split()[1]) for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"))
                   for pid in playing.pids()) / 1e9

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
            self.assertTrue(playing.await_ready(), f"the effect has no stream\n{playing.world.daemon_log()}")
            before = playing.desk.missed_periods()
            recording = playing.desk.record(round(seconds))
            started = time.monotonic()
            time.sleep(3)
            causes = []  # name, begin, end in seconds of the recording
            for cause in self.CAUSES:
                self.assertTrue(playing.await_ready(), f"no stream before {cause}\n{playing.world.daemon_log()}")
                pids = playing.pids()
                begin = time.monotonic() - started
                self.disturb(cause, *pids)
                end = time.monotonic() - started
                playing.await_ready()
                excuse = self.waited_for_a_processor(playing)
                time.sleep(max(0.0, end + GAP_SECONDS - (time.monotonic() - started)))
                causes.append((cause, begin, end, pids, excuse, playing.desk.missed_periods() - before))
            recording.wait(seconds + 30)
            missed = playing.desk.missed_periods() - before
            playing.desk.quit(playing.lmms)
            report = playing.world.reports()[-1]
            sound = audio.samples(recording.wav)[:, 0]
            log = playing.world.daemon_log()

        self.check(sound, plain_sound, causes, missed, plain_missed, report, log)

    def check(self, sound, plain_sound, causes, missed, plain_missed, report, log):
        shares = overtones(sound)
        wet_share = numpy.nanquantile(shares, 0.9)
        dry_share = numpy.nanmedian(overtones(plain_sound))
        wet = shares > math.sqrt(max(wet_share, 1e-9) * max(dry_share, 1e-9))
        print(f"\nthird harmonic: wet {wet_share:.4f}, dry {dry_share:.6f}; each second, w wet, - dry, 50 ms a sign:")
        line = "".join("w" if flag else "-" for flag in wet)
        print("\n".join(line[i:i + 20] for i in range(0, len(line), 20)))
        print(f"report: {report}")
        self.assertGreater(wet_share, 20 * dry_share, "wet and dry cannot be told apart")

        # The recorder needs a moment to start; the first dry moment is that of the first cause.
        offset = causes[0][1] - numpy.argmin(wet[20:] > 0) * WINDOW / RATE - 20 * WINDOW / RATE
        for cause, begin, end, pids, excuse, missed_so_far in causes:
            first, middle, last = (round((second - offset) * RATE / WINDOW)
                                   for second in (begin - 0.2, end, end + GAP_SECONDS - 0.3))
            affected, after = wet[first:last], wet[middle:last]
            back = first_run(after, WET_WINDOWS) * WINDOW / RATE
            dry_seconds = numpy.count_nonzero(~affected) * WINDOW / RATE
            print(f"{cause:12} {pids} at {begin:5.1f} s for {end - begin:3.1f} s: dry for {dry_seconds:.2f} s, wet again {back:.2f} s "
                  f"after its end ({excuse:.2f} s of waiting for a processor); {missed_so_far} periods missed till then")
            if "runner" in cause:  # audio does not pass through the daemon
                self.assertGreater(dry_seconds, 0, f"{cause}: no effect at all? It was not the runner in use")
            self.assertLessEqual(back, BACK_SECONDS + excuse, f"{cause}: not wet again in time\n{log}")

        own_step = max(audio.largest_step(sound[RATE // 2: 2 * RATE]), audio.largest_step(plain_sound[RATE // 2: 2 * RATE]))
        steps, plain_steps = (self.steps(x, own_step) for x in (sound, plain_sound))
        print(f"steps above the signal's own {own_step:.4f}: {steps}, without the effect {plain_steps}")
        print(f"periods missed: {missed}, without the effect {plain_missed}")
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
            self.assertTrue(playing.await_ready(), f"the effect has no stream\n{playing.world.daemon_log()}")
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
