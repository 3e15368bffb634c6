# SPDX-License-Identifier: Apache-2.0
"""Judges a recording of LMMS playing while daemon and runner die and hang: was it the right process, was the
sound wet again in time."""

import typing

import numpy

from . import tone
from .tone import WINDOW_SECONDS

BACK_SECONDS = 2.0  # after the end of the cause
GAP_SECONDS = 5.0   # from the end of a cause to the next
WET_WINDOWS = 6     # so many in a row are "wet again"
STOPPED_SECONDS = 1.0  # a stopped runner is heard for as long at least
RECORDER_SECONDS = (-0.5, 4.0)  # when it may begin; any cause taken for another is 5 s off and more


class Cause(typing.NamedTuple):
    name: str  # "kill runner", "stop daemon"…
    begin: float
    end: float
    pids: tuple[int, int]  # daemon and runner before
    successors: tuple[int, int]  # and after
    waited: float  # seconds that these have waited for a processor
    missed: int  # periods, until the next cause


def not_the_one_in_use(causes):
    """A process that was in use and is killed has a successor; a daemon's death is its runner's."""
    complaints = []
    for cause in causes:
        if cause.name.startswith("kill"):
            changed = tuple(before != after for before, after in zip(cause.pids, cause.successors))
            if changed != ("daemon" in cause.name, True):
                complaints.append(f"{cause.name}: daemon and runner were {cause.pids}, are {cause.successors}: "
                                  "so it was not the process in use")
    return complaints


def judge(wet, causes):
    """What each cause did to the sound, a line each, and what is wrong with that."""
    findings, complaints = [], not_the_one_in_use(causes)
    stopped = next(cause for cause in causes if cause.name == "stop runner")
    # The recorder needs a moment to start. The longest time without the effect is that of the stopped runner, but
    # for a return from a kill on a busy machine; those are too far off to be taken for it.
    long = [(length * WINDOW_SECONDS, stopped.begin - start * WINDOW_SECONDS) for start, length in tone.runs(~wet)
            if length * WINDOW_SECONDS >= STOPPED_SECONDS]
    aligned = [(length, offset) for length, offset in long if RECORDER_SECONDS[0] <= offset <= RECORDER_SECONDS[1]]
    if not aligned:
        return findings, complaints + [f"stop runner: not dry for {STOPPED_SECONDS} s when it was stopped, but for "
                                       f"{[round(length, 2) for length, _ in long]} s at other times"]
    offset = max(aligned)[1]
    for cause in causes:
        first, middle, last = (round((second - offset) / WINDOW_SECONDS)
                               for second in (cause.begin - 0.2, cause.end, cause.end + GAP_SECONDS - 0.3))
        dry_seconds = numpy.count_nonzero(~wet[first:last]) * WINDOW_SECONDS
        back = tone.first_run(wet[middle:last], WET_WINDOWS) * WINDOW_SECONDS
        findings.append(f"{cause.name:12} at {cause.begin:5.1f} s for {cause.end - cause.begin:.1f} s: dry for "
                        f"{dry_seconds:.2f} s, wet again {back:.2f} s after its end ({cause.waited:.2f} s waited for a "
                        f"processor); {cause.missed} periods missed till then; {cause.pids} became {cause.successors}")
        if back > BACK_SECONDS + cause.waited:
            complaints.append(f"{cause.name}: wet again {back:.2f} s after its end")
    return findings, complaints
