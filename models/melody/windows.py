# SPDX-License-Identifier: Apache-2.0
"""Cuts pieces of some bars from songs, puts some in other signatures, and hides what is to be learnt.

3/4 is real in a few songs, and else 4/4 less one beat of each bar. 5/4 is 4/4 with one beat more, and 6/8 is 4/4
whose beats became dotted quarters: no song in those signatures was at hand.
"""

import numpy as np
import torch

import grid as g
from songs import HIGHEST, HOLD, LOWEST, ONSET, REST

THREE, FOUR, FIVE, SIX = range(4)


def dropped_beat(bars, rng):
    """(bars, 16) to (bars, 12): one beat less, never the first."""
    beat = int(rng.integers(1, 4))
    keep = [s for s in range(16) if s // 4 != beat]
    return lambda x, is_melody: x[:, keep]


def added_beat(bars, rng):
    """(bars, 16) to (bars, 20): after the third or the last beat one that holds, or says the beat before again."""
    at = int(rng.choice([8, 12, 16]))
    again = rng.random(bars) < 0.5

    def change(x, is_melody):
        held = np.repeat(x[:, at - 1:at], 4, axis=1)
        if is_melody:
            held = np.where(held >= ONSET, HOLD, held)
        new = np.where(again[:, None], x[:, at - 4:at], held)
        return np.concatenate([x[:, :at], new, x[:, at:]], 1)
    return change


def dotted(melody):
    """Steps of 4/4, in beats, to 6/8: pairs become long and short, and the later 16ths fill up."""
    beats = melody.reshape(-1, 4)
    out = np.empty((len(beats), 6), melody.dtype)
    for i, beat in enumerate(beats):
        places = (0, 2, 4, 5) if (beat[1] >= ONSET) + (beat[3] >= ONSET) + (beat[2] >= ONSET) > 1 else (0, 2, 4, 4)
        fill = [HOLD if c >= ONSET else c for c in beat]
        row = [beat[0], fill[0], 0, 0, 0, 0]
        row[2:4] = [beat[1], fill[1]]
        if places[3] == 5:
            row[4:] = [beat[2], beat[3]]
        else:
            late = beat[2] if beat[2] >= ONSET or beat[3] < ONSET else beat[3]
            row[4:] = [late, HOLD if late >= ONSET else late]
        out[i] = row
    return out.reshape(-1)


class Piece:
    """melody and chords a step, of one signature; key 0 is unknown."""

    def __init__(self, melody, chords, signature, key, tempo, style, ends):
        self.melody, self.chords, self.signature = melody, chords, signature
        self.key, self.tempo, self.style, self.ends = key, tempo, style, ends

    def transposed(self, by):
        melody = np.where(self.melody >= ONSET, self.melody + by, self.melody)
        chords = np.where(self.chords > 0, 1 + (self.chords - 1 + 10 * by) % 120, 0)
        key = 0 if not self.key else 1 + (self.key - 1) // 12 * 12 + (self.key - 1 + by) % 12
        return Piece(melody, chords, self.signature, key, self.tempo, self.style, self.ends)


def phrase_ends(song):
    """Bars after which the melody is silent for long, or rests on a long note."""
    bar = 4 * song["signature"]
    onsets = np.flatnonzero(song["melody"] >= ONSET)
    ends = set()
    for end in range(2, len(song["melody"]) // bar + 1):
        before, after = onsets[onsets < end * bar], onsets[onsets >= end * bar]
        if len(before) and end * bar - before[-1] <= 2 * bar:
            gap = (after[0] if len(after) else 10 ** 6) - before[-1]
            if gap >= bar * 7 // 8:
                ends.add(end)
    return ends


class Songs:
    def __init__(self, songs):
        self.songs = songs
        self.ends = [phrase_ends(s) for s in songs]
        self.fours = [i for i, s in enumerate(songs) if s["signature"] == 4]
        self.threes = [i for i, s in enumerate(songs) if s["signature"] == 3]
        self.bars = np.array([len(s["keys"]) for s in songs], float)

    def draw(self, rng, signature, steps, whole_key=True):
        """A piece of `signature` of at most `steps` steps, most of its bars with notes."""
        from_threes = signature == THREE and self.threes and rng.random() < 0.7
        pool = self.threes if from_threes else self.fours
        weights = self.bars[pool] / self.bars[pool].sum()
        bars = steps // g.BAR_STEPS[signature]
        if signature == SIX:
            bars = (bars + 1) // 2  # A bar of 4/4 gives two.
        for attempt in range(200):
            index = pool[int(rng.choice(len(pool), p=weights))]
            song, ends = self.songs[index], self.ends[index]
            have = len(song["keys"])
            n = min(bars, have)
            if rng.random() < 0.5:
                at = [e for e in ends if e >= n]
                if not at:
                    continue
                first = int(rng.choice(at)) - n
            else:
                first = int(rng.integers(0, have - n + 1))
            bar = 4 * song["signature"]
            melody = song["melody"][first * bar:(first + n) * bar].copy().reshape(n, bar)
            chords = song["chords"][first * bar:(first + n) * bar].reshape(n, bar)
            if (melody >= ONSET).any(1).mean() < 0.75:
                continue
            keys = song["keys"][first:first + n]
            key = int(keys[0]) if (keys == keys[0]).all() else 0
            if whole_key and not key:
                continue
            if signature == THREE and not from_threes or signature == FIVE:
                change = (dropped_beat if signature == THREE else added_beat)(n, rng)
                melody, chords = change(melody, True), change(chords, False)
            melody, chords = melody.reshape(-1), chords.reshape(-1)
            if signature == SIX:
                melody, chords = dotted(melody), np.repeat(chords.reshape(-1, 4)[:, 0], 6)
            sound = False  # A hold needs a note: what was tied over the cut, or lost its start, is silent.
            for s in range(len(melody)):
                if melody[s] == HOLD and not sound:
                    melody[s] = REST
                sound = melody[s] != REST
            return Piece(melody.astype(np.int64), chords.astype(np.int64), signature, key,
                         g.tempo_bucket(song["tempo"]), song["style"], first + n in ends)
        raise RuntimeError("no piece found")


def hidden_steps(rng, bars, bar, mode):
    """True for the steps whose melody is to be written."""
    hide = np.zeros((bars, bar), bool)
    if mode == "new":
        hide[:] = True
    elif mode == "continue":
        hide[int(rng.integers(1, max(2, bars))):] = True
    elif mode == "infill":
        n = int(rng.integers(1, max(2, bars // 2 + 1)))
        first = int(rng.integers(0, bars - n + 1))
        hide[first:first + n] = True
    elif mode == "bars":
        hide[rng.random(bars) < 0.5] = True
    elif mode == "vary":
        beats = rng.random((bars, bar // 4)) < rng.uniform(0.2, 0.8)
        hide[:] = np.repeat(beats, 4, axis=1)
    return hide.reshape(-1)


MODES = ("new", "continue", "infill", "bars", "vary", "harmonise")
MODE_SHARES = (0.36, 0.2, 0.17, 0.09, 0.09, 0.09)


def conditions(piece, rng, mode=None, chords=None, told=None):
    """(grid, melody hidden, chords hidden). chords: "given", "hidden", "with melody" or "bars";
    told: the share of times that a condition is given, None for those of the training."""
    bar = g.BAR_STEPS[piece.signature]
    steps = len(piece.melody)
    bars = steps // bar
    mode = mode or str(rng.choice(MODES, p=MODE_SHARES))
    hide = hidden_steps(rng, bars, bar, mode)
    if chords is None:
        chords = str(rng.choice(["hidden", "bars"], p=[0.8, 0.2])) if mode == "harmonise" else \
            str(rng.choice(["given", "hidden", "with melody", "bars"], p=[0.35, 0.25, 0.3, 0.1]))
    if chords == "given":
        hide_chords = np.zeros(steps, bool)
    elif chords == "hidden":
        hide_chords = np.ones(steps, bool)
    elif chords == "with melody":
        hide_chords = np.repeat(hide.reshape(bars, bar).any(1), bar)
    else:
        hide_chords = np.repeat(rng.random(bars) < 0.5, bar)

    grid = g.empty_grid(steps, piece.signature)
    grid[:, g.MELODY] = np.where(hide, 0, 1 + piece.melody)
    grid[:, g.CHORD] = np.where(hide_chords, 0, 1 + piece.chords)
    is_told = lambda share: rng.random() < (share if told is None else told)
    notes = (piece.melody.reshape(bars, bar) >= ONSET).sum(1)
    if is_told(0.3):
        grid[:, g.BAR_DENSITY] = np.repeat([g.density_bucket(n, bar) for n in notes], bar)
    if is_told(0.5):
        grid[:, g.DENSITY] = g.density_bucket(notes[notes > 0].mean() if notes.any() else 0, bar)
    if is_told(0.75):
        grid[:, g.KEY] = piece.key
    pitches = piece.melody[piece.melody >= ONSET] - ONSET + LOWEST
    if len(pitches) and is_told(0.5):
        grid[:, g.LOW] = g.pitch_bucket(pitches.min() - int(rng.integers(0, 4)))
        grid[:, g.HIGH] = g.pitch_bucket(pitches.max() + int(rng.integers(0, 4)))
    if piece.ends and is_told(0.7):
        grid[:, g.BARS_LEFT] = np.repeat(np.minimum(np.arange(bars, 0, -1), g.MOST_BARS_LEFT), bar)
    if is_told(0.6):
        grid[:, g.TEMPO] = piece.tempo
    if is_told(0.7):
        grid[:, g.STYLE] = piece.style
    return grid, hide, hide_chords


SIGNATURE_SHARES = (0.14, 0.64, 0.11, 0.11)


def row(piece, rng, **how):
    grid, hide, hide_chords = conditions(piece, rng, **how)
    cells, tokens, steps = g.cells_of(piece.melody, piece.chords, piece.signature)
    steps, cells, tokens = np.array(steps), np.array(cells), np.array(tokens)
    hidden = np.where(tokens[:, g.KIND] == 1, hide_chords[steps], hide[steps])
    return grid, tokens, steps, cells, hidden


def batch_of(rows):
    b, t, n = len(rows), max(len(r[0]) for r in rows), max(len(r[1]) for r in rows)
    grid = np.zeros((b, t, len(g.GRID_FIELDS)), np.int64)
    token = np.zeros((b, n, len(g.TOKEN_FIELDS)), np.int64)
    step, target, weight = np.zeros((b, n), np.int64), np.zeros((b, n), np.int64), np.zeros((b, n), np.float32)
    for i, (rows_grid, tokens, steps, cells, hidden) in enumerate(rows):
        grid[i, :len(rows_grid)] = rows_grid
        k = len(cells)
        token[i, :k], step[i, :k], target[i, :k], weight[i, :k] = tokens, steps, cells, hidden
    tensors = {"grid": grid, "token": token, "step": step, "position": step, "target": target, "weight": weight}
    return {k: torch.from_numpy(v) for k, v in tensors.items()}


def make_batch(songs, rng, cells=1300):
    """Pieces of about 64, 128 or 192 steps; `cells` in all."""
    steps = int(rng.choice([64, 128, 192], p=[0.25, 0.45, 0.3]))
    rows = []
    for _ in range(max(2, cells * 4 // (5 * steps))):
        signature = int(rng.choice(4, p=SIGNATURE_SHARES))
        piece = songs.draw(rng, signature, steps, whole_key=False)
        pitches = piece.melody[piece.melody >= ONSET]
        by = int(rng.integers(-6, 6))
        if pitches.min() + by < ONSET or pitches.max() + by > ONSET + HIGHEST - LOWEST:
            by = 0
        rows.append(row(piece.transposed(by), rng))
    return batch_of(rows)
