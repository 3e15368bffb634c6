# SPDX-License-Identifier: Apache-2.0
"""Writes pieces cell by cell, many at once: what daemon/generate/melody.cc does, for the evaluation."""

import numpy as np
import torch

import grid as g
from songs import HOLD, LOWEST, ONSET, REST

UNKNOWN = -1
TEMPERATURE, TOP_P = 1.0, 0.97
BEGIN = 0.15  # Nats by which a note that begins is likelier than the network has it: it writes too few. Of the valid split.


def draw(logits, allowed, temperature, top_p, rng):
    """One value of those allowed, from the likeliest that make up `top_p`."""
    weight = np.where(allowed, np.exp((logits - logits[allowed].max()) / temperature), 0.0)
    order = np.argsort(-weight, kind="stable")
    total = np.cumsum(weight[order])
    count = int(np.searchsorted(total, top_p * total[-1])) + 1
    return int(order[min(int(np.searchsorted(total[:count], rng.random() * total[count - 1], side="right")), count - 1)])


def allowed_cells(state, is_chord, low=0, high=127, scale=None):
    """What may come by grammar, range and scale (pitch classes; None: all)."""
    allowed = np.zeros(g.VOCABULARY, bool)
    if is_chord:
        allowed[g.CHORD_HOLD:] = True
        allowed[g.CHORD_HOLD] = state.harmony > 0
        return allowed
    allowed[REST] = True
    allowed[HOLD] = state.sounding > 0
    pitches = np.arange(g.MELODY_CELLS - ONSET) + LOWEST
    fits = (pitches >= low) & (pitches <= high)
    if scale is not None:
        fits &= np.isin(pitches % 12, scale)
    allowed[ONSET:g.MELODY_CELLS] = fits
    return allowed


def sample(network, grids, signature, melody, chords, rng, temperature=TEMPERATURE, top_p=TOP_P, limits=None, scales=None, begin=BEGIN):
    """grids (B, T, fields); melody and chords (B, T) with UNKNOWN where they are to be written; limits and scales
    a row, or None: the network alone. Gives both whole, and the mean log likelihood of a drawn cell of each row."""
    rows, steps = melody.shape
    melody, chords = melody.copy(), chords.copy()
    states = [g.State(signature) for _ in range(rows)]
    likelihood, drawn = np.zeros(rows), np.zeros(rows)
    begins = np.zeros(g.VOCABULARY)
    begins[ONSET:g.MELODY_CELLS] = begin
    with torch.no_grad():
        encoded = network.encode(torch.from_numpy(grids))
        cache = network.cache(rows)
        count = torch.zeros(rows, dtype=torch.int64)
        for step in range(steps):
            position = torch.full((rows,), step)
            for is_chord in ([True, False] if step % g.CHORD_STEPS[signature] == 0 else [False]):
                for state in states:
                    state.begin_step(step)
                token = torch.tensor([s.token(is_chord) for s in states])
                logits = network.next(token, encoded[:, step], position, count, cache).numpy().astype(np.float64)
                count += 1
                for r, state in enumerate(states):
                    given = chords[r, step] if is_chord else melody[r, step]
                    if given == UNKNOWN:
                        allowed = allowed_cells(state, is_chord, *(limits[r] if limits else (0, 127)), scales[r] if scales else None)
                        cell = draw(logits[r] + begins, allowed, temperature, top_p, rng)
                        kind = slice(g.CHORD_HOLD, None) if is_chord else slice(0, g.CHORD_HOLD)
                        likelihood[r] += logits[r, cell] - np.logaddexp.reduce(logits[r, kind])
                        drawn[r] += 1
                    elif is_chord:
                        cell = g.CHORD_HOLD if state.harmony == 1 + given else g.CHORD_CELL + given
                    else:
                        cell = given if given != HOLD or state.sounding else REST
                    state.add(int(cell))
                    if not is_chord:
                        melody[r, step] = cell
                for r, state in enumerate(states):
                    chords[r, step] = state.harmony - 1
    return melody, chords, likelihood / np.maximum(1, drawn)
