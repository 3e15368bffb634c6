# SPDX-License-Identifier: Apache-2.0
"""Four-part chorales as the cells and fields of common/grid_transformer.py.

A step is a 16th; a piece is `int[steps][4]` of MIDI pitches, -1 where a voice rests, its columns in
the order of ORDER: soprano, bass, tenor, alto. The outer voices come first, as they are composed
(a melody, a bass to it, then what fills the chord); the alto comes last because it moves least, so
that the voice with the fewest freedoms left is the one that asks for the fewest.

The data has four steps a beat, every piece starting on a beat. Where its bars begin is not in it.
But 96 % of the chords that end phrases start on the same beat of two: so a `strength` is derived
(strong: the beats of phrase ends), for the pieces that show it; it is unknown for the others, and
hidden at random in training. Rests and repeated notes look alike in it too: a cell says what sounds,
not whether it is struck.

  value   0 rest, 1.. pitch LOW + value - 1, NONE not given or not there yet (never an output)
  interval  a - b in semitones + 24, by octaves into -24..24; NO_INTERVAL where one of them rests
"""

import numpy as np

LOW, HIGH = 36, 84
REST, NONE = 0, HIGH - LOW + 2
VOCABULARY = NONE
INTERVALS, NO_INTERVAL = 50, 49
ORDER = ("soprano", "bass", "tenor", "alto")
SOURCE_COLUMNS = (0, 3, 2, 1)  # of the data set, which has S A T B
RANGES = ((58, 83), (36, 66), (44, 71), (50, 76))  # of training, by ORDER: the data's, widened a little
VOICES, STEPS_A_BEAT = 4, 4
WEAK, STRONG, STRENGTH_UNKNOWN = range(3)
BEATS_LEFT, BEATS_LEFT_UNKNOWN = 32, 32  # 31 stands for more too
NO_PHRASE_END, PHRASE_END, PHRASE_UNKNOWN = range(3)
KEY_UNKNOWN = 24  # else 2 * tonic + (1 if minor)
DENSITIES, DENSITY_UNKNOWN = 5, 5
DENSITY_EDGES = (0.12, 0.2, 0.28, 0.38)  # changes between beats for each voice and beat: fifths of the data
LONGEST_HOLD = 16

GRID_FIELDS = ([("given_" + v, NONE + 1) for v in ORDER] +
               [("place", 4 * 3), ("beats_left", BEATS_LEFT + 1), ("phrase", 3), ("key", 25), ("density", 6)])
TOKEN_FIELDS = ([("previous_cell", NONE + 1), ("voice_and_place", VOICES * 4 * 3), ("own", NONE + 1),
                 ("own_held", LONGEST_HOLD + 1), ("own_before", NONE + 1)] +
                [("now_" + v, NONE + 1) for v in ORDER[:3]] + [("last_" + v, NONE + 1) for v in ORDER] +
                [("above_own_" + v, INTERVALS) for v in ORDER[:3]] + [("motion_" + v, INTERVALS) for v in ORDER[:3]])


def load(path):
    """{"train", "valid", "test": list of pieces}."""
    with np.load(path, allow_pickle=True, encoding="latin1") as found:
        return {name: [np.nan_to_num(np.asarray(p, np.float64)[:, SOURCE_COLUMNS], nan=-1).astype(np.int64)
                       for p in found[name]] for name in ("train", "valid", "test")}


def value_of(pitch):
    return np.where(pitch < 0, REST, pitch - LOW + 1)


def interval(a, b):
    """Of values: field value of the pitches' a - b."""
    d = a - b
    d = np.where(d > 24, 12 + d % 12, np.where(d < -24, -12 - (-d) % 12, d)) + 24
    return np.where((a == REST) | (a == NONE) | (b == REST) | (b == NONE), NO_INTERVAL, d)


def phrase_ends(piece):
    """bool[steps]: chords that stand for a beat and a half or more, and the last one."""
    n = len(piece)
    at = [0] + [t for t in range(1, n) if (piece[t] != piece[t - 1]).any()] + [n]
    out = np.zeros(n, bool)
    for a, b in zip(at, at[1:]):
        if b - a >= 6 or b == n:
            out[a:b] = True
    return out


def strengths(piece):
    """int[steps] of WEAK, STRONG, or STRENGTH_UNKNOWN throughout: periods of two beats, or of three."""
    ends = phrase_ends(piece)
    starts = np.flatnonzero(ends & ~np.concatenate([[False], ends[:-1]]))
    step = np.arange(len(piece))
    if len(starts) >= 3:
        for period in (8, 12):
            count = np.bincount(starts % period, minlength=period)
            if count.max() > 0.75 * len(starts) and count.argmax() % 4 == 0:
                return np.where((step - count.argmax()) % period < 4, STRONG, WEAK)
    return np.full(len(piece), STRENGTH_UNKNOWN)


# Krumhansl and Kessler's probe tone ratings.
MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])


def key_of(piece):
    """2 * tonic + (1 if minor): the profile that fits best, with a bonus for the last bass note."""
    sounding = piece[piece >= 0]
    histogram = np.bincount(sounding % 12, minlength=12)
    last = piece[piece[:, 1] >= 0, 1]
    fit = [np.corrcoef(histogram, np.roll(profile, tonic))[0, 1] + (0.25 if len(last) and last[-1] % 12 == tonic else 0)
           for tonic in range(12) for profile in (MAJOR, MINOR)]
    return int(np.argmax(fit))


def density_of(piece):
    """0..4 by how often voices move between beats."""
    moved = (piece[1:] != piece[:-1]).any(-1) if piece.ndim == 1 else (piece[1:] != piece[:-1])
    between = np.arange(1, len(piece)) % STEPS_A_BEAT != 0
    rate = moved[between].sum() / (len(piece) / STEPS_A_BEAT * piece.shape[1])
    return int(np.searchsorted(DENSITY_EDGES, rate))


def advance(last, held, before, now):
    """What the features know of each voice one step later; all [...][4]."""
    same = now == last
    return now, np.where(same, np.minimum(held + 1, LONGEST_HOLD), 1), np.where(same, before, last)


def cell_fields(voice, place, last, held, before, now):
    """int[B][fields] of a voice's cell: place [B] (16th of the beat and strength), the others [B][4]; now is NONE
    for this voice and those after it."""
    own = last[:, voice]
    columns = [now[:, voice - 1] if voice else last[:, VOICES - 1], voice * 12 + place, own, held[:, voice],
               before[:, voice], *now[:, :3].T, *last.T, *interval(now[:, :3], own[:, None]).T,
               *interval(now[:, :3], last[:, :3]).T]
    return np.stack(columns, -1)


def token_fields(values, strength, first=0):
    """int[(steps - first) * 4][fields] of a piece's values; what is before step 0 is NONE."""
    n = len(values)
    last, held, before = np.full((n, VOICES), NONE), np.zeros((n, VOICES), np.int64), np.full((n, VOICES), NONE)
    for t in range(1, n):
        last[t], held[t], before[t] = advance(last[t - 1], held[t - 1], before[t - 1], values[t - 1])
    place = (np.arange(n) % STEPS_A_BEAT) * 3 + strength
    fields = [cell_fields(v, place, last, held, before, np.where(np.arange(VOICES) < v, values, NONE))[first:]
              for v in range(VOICES)]
    return np.stack(fields, 1).reshape(-1, len(TOKEN_FIELDS))


def grid_fields(values, given, place, beats_left, phrase, key, density):
    """int[steps][fields]; given: bool[steps][4]; the others as one value or one a step."""
    out = np.empty((len(values), len(GRID_FIELDS)), np.int64)
    out[:, :4] = np.where(given, values, NONE)
    out[:, 4], out[:, 5], out[:, 6], out[:, 7], out[:, 8] = place, beats_left, phrase, key, density
    return out


class Piece:
    """A piece with what is derived of it."""

    def __init__(self, pitches):
        self.pitches = pitches
        self.strength, self.phrase, self.key = strengths(pitches), phrase_ends(pitches).astype(np.int64), key_of(pitches)
        low = [p[p >= 0].min() for p in pitches.T]
        high = [p[p >= 0].max() for p in pitches.T]
        self.shifts = [s for s in range(-6, 7)
                       if s == 0 or all(l + s >= r[0] and h + s <= r[1] for l, h, r in zip(low, high, RANGES))]

    def example(self, first=0, steps=None, given=None, shift=0, known=(), context=False):
        """A batch's row; known: which of strength, beats_left, phrase, key, density the model is told; context:
        whether the features of the first cells know the steps before."""
        steps = len(self.pitches) - first if steps is None else steps
        part = slice(first, first + steps)
        start = 0 if context else first
        values = value_of(np.where(self.pitches >= 0, self.pitches + shift, -1))
        strength = self.strength if "strength" in known else np.full(len(values), STRENGTH_UNKNOWN)
        given = np.zeros((steps, VOICES), bool) if given is None else given
        step = np.arange(first, first + steps)
        key = 2 * ((self.key // 2 + shift) % 12) + self.key % 2
        grid = grid_fields(
            values[part], given, (step % STEPS_A_BEAT) * 3 + strength[part],
            np.minimum((len(values) - 1 - step) // STEPS_A_BEAT, BEATS_LEFT - 1) if "beats_left" in known else BEATS_LEFT_UNKNOWN,
            self.phrase[part] if "phrase" in known else PHRASE_UNKNOWN, key if "key" in known else KEY_UNKNOWN,
            density_of(self.pitches[part]) if "density" in known else DENSITY_UNKNOWN)
        token = token_fields(values[start:first + steps], strength[start:first + steps], first - start)
        cell = np.arange(steps * VOICES)
        return {"grid": grid, "token": token, "step": cell // VOICES, "position": cell,
                "target": values[part].reshape(-1), "weight": (~given).reshape(-1).astype(np.float32)}


CONDITIONS = ("strength", "beats_left", "phrase", "key", "density")


def random_mask(rng, steps):
    """bool[steps][4] of what is given: the tasks that the model is for."""
    given = np.zeros((steps, VOICES), bool)
    kind = rng.choice(["nothing", "melody", "voices", "bars", "cells", "bass", "start"],
                      p=[0.36, 0.2, 0.1, 0.1, 0.1, 0.06, 0.08])
    if kind == "melody":
        given[:, 0] = True
    elif kind == "bass":
        given[:, 1] = True
    elif kind == "voices":
        given[:, rng.random(VOICES) < 0.5] = True
    elif kind == "start":
        given[:4 * rng.integers(1, steps // 4)] = True
    elif kind == "bars":
        given[:] = True
        length = 4 * rng.integers(2, 13)
        first = 4 * rng.integers(0, max(1, (steps - length) // 4))
        given[first:first + length] = False
        if rng.random() < 0.3:
            given[:, 0] = True
    elif kind == "cells":
        beats = rng.random((steps // 4 + 1, VOICES)) < rng.random()
        given[:] = np.repeat(beats, 4, axis=0)[:steps]
    if given.all():  # nothing to learn
        given[:, 1:] = False
    return given


def random_example(rng, pieces, chances, steps):
    piece = pieces[rng.choice(len(pieces), p=chances)]
    steps = min(steps, len(piece.pitches))
    first = 4 * rng.integers(0, (len(piece.pitches) - steps) // 4 + 1)
    known = () if rng.random() < 0.3 else [c for c in CONDITIONS if rng.random() < 0.5]
    return piece.example(first, steps, random_mask(rng, steps), rng.choice(piece.shifts), known, rng.random() < 0.5)
