# SPDX-License-Identifier: Apache-2.0
"""Figures of chorales, int[steps][4] of pitches (-1: rest), columns by data.ORDER.

As MusPy defines them, a note being a run of one pitch in a voice (the data does not tell repeated
notes from held ones):
  pitch-class entropy  -sum p log2 p over the 12 classes of the notes
  scale consistency    the largest share of notes inside one of 24 major and natural minor scales
  polyphony            mean sounding pitches over steps with at least one
  groove consistency   1 - Hamming distance of the onset grids of neighbouring bars of 16 steps
Voice leading:
  parallels            a chord change: pairs of voices that both move, in the same direction, from a fifth
                       (or octave, or unison) to another one, for each change of the chord
  crossings            share of steps at which a voice is above one that it should be below
Overlapped area: the integral of the lesser of two Gaussian kernel density estimates.
"""

import numpy as np
from scipy.stats import gaussian_kde

HEIGHT = (0, 3, 2, 1)  # columns from the highest voice down
PAIRS = [(i, j) for i in range(4) for j in range(i + 1, 4)]
SCALES = np.array([np.roll([s in degrees for s in range(12)], tonic) for tonic in range(12)
                   for degrees in ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))])


def onsets(piece):
    """bool[steps][4]: where a note begins."""
    before = np.concatenate([np.full((1, piece.shape[1]), -1), piece[:-1]])
    return (piece >= 0) & (piece != before)


def parallels(piece):
    """(parallel fifths and octaves, chord changes)."""
    piece = piece[:, HEIGHT]
    old, new = piece[:-1], piece[1:]
    found = 0
    for i, j in PAIRS:
        a, b, c, d = old[:, i], old[:, j], new[:, i], new[:, j]
        sounding = (np.minimum(np.minimum(a, b), np.minimum(c, d)) >= 0)
        perfect = np.isin((a - b) % 12, (0, 7)) & ((a - b) % 12 == (c - d) % 12)
        found += int((sounding & perfect & ((c - a) * (d - b) > 0)).sum())
    return found, int((old != new).any(-1).sum())


def crossings(piece):
    """Steps at which voices cross."""
    down = piece[:, HEIGHT]
    crossed = np.zeros(len(piece), bool)
    for i, j in PAIRS:
        crossed |= (down[:, i] >= 0) & (down[:, i] < down[:, j])
    return int(crossed.sum())


def features(piece):
    onset = onsets(piece)
    pitches = piece[onset]
    share = np.bincount(pitches % 12, minlength=12) / len(pitches)
    sounding = (piece >= 0).sum(-1)
    bars = len(piece) // 16
    grid = onset.any(-1)[:bars * 16].reshape(bars, 16)
    return {"pitch_class_entropy": float(-(share[share > 0] * np.log2(share[share > 0])).sum()),
            "scale_consistency": float((SCALES @ share).max()),
            "polyphony": float(sounding[sounding > 0].mean()),
            "groove_consistency": float(1 - (grid[1:] != grid[:-1]).mean()) if bars > 1 else 1.0,
            "notes_a_bar": 16 * len(pitches) / len(piece),
            "range": float(pitches.max() - pitches.min())}


def overlapped_area(a, b):
    spread = np.std(np.concatenate([a, b])) * 3
    at = np.linspace(min(a.min(), b.min()) - spread, max(a.max(), b.max()) + spread, 2000)
    return float(np.minimum(gaussian_kde(a)(at), gaussian_kde(b)(at)).sum() * (at[1] - at[0]))


def summary(pieces, reference):
    """Scores of pieces, the overlapped areas being with `reference`. Polyphony is near constant: no area."""
    mine, theirs = [features(p) for p in pieces], [features(p) for p in reference]
    found = np.array([parallels(p) for p in pieces]).sum(0)
    steps = sum(map(len, pieces))
    column = lambda rows, name: np.array([r[name] for r in rows])
    return {"pieces": len(pieces), "chord_changes": int(found[1]), "parallels": round(found[0] / found[1], 4),
            "crossings": round(sum(map(crossings, pieces)) / steps, 4),
            "features": {k: [round(float(column(mine, k).mean()), 3), round(float(column(mine, k).std()), 3)] for k in mine[0]},
            "overlapped_area": {k: round(overlapped_area(column(mine, k), column(theirs, k)), 3)
                                for k in mine[0] if k != "polyphony"}}
