# SPDX-License-Identifier: Apache-2.0
"""A sine tone tells what became of it: the model gives it overtones, a click is a step it does not have."""

import math

import numpy

RATE = 44100
HZ = 440.0
WINDOW = 2205  # frames, 50 ms, in which overtones are measured
WINDOW_SECONDS = WINDOW / RATE


def overtones(sound):
    """Share of the third harmonic in each window; NaN where there is no tone."""
    seconds = numpy.arange(WINDOW) / RATE
    taper = numpy.hanning(WINDOW)
    waves = [taper * numpy.exp(-2j * numpy.pi * HZ * harmonic * seconds) for harmonic in (1, 3)]
    shares = []
    for start in range(0, len(sound) - WINDOW, WINDOW):
        first, third = (abs(numpy.sum(sound[start:start + WINDOW] * wave)) for wave in waves)
        shares.append(third / first if first > 1 else math.nan)
    return numpy.array(shares)


def first_run(flags, length):
    """Where the first run of `length` true values starts; infinity where there is none."""
    for start in range(len(flags) - length + 1):
        if all(flags[start:start + length]):
            return start
    return math.inf


def steps_above(sound, limit):
    """How many times the sound changes by more than that from one frame to the next."""
    return int(numpy.count_nonzero(numpy.abs(numpy.diff(sound)) > limit))


def runs(flags):
    """Where each run of true values starts, and its length."""
    found, start = [], None
    for index, flag in enumerate([*flags, False]):
        if flag and start is None:
            start = index
        elif not flag and start is not None:
            found.append((start, index - start))
            start = None
    return found
