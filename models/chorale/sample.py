# SPDX-License-Identifier: Apache-2.0
"""Writes chorales with the network, several at a time: what daemon/generate/chorale.cc does, for the scores.

Rules of voice leading, switched by `penalty` (in nats, 0: off), which each breach costs a value's logit:
  - it would move in parallel fifths, octaves or unisons with a voice whose pitch at this step is known
    (written or given): both move, in the same direction, from that interval to the same;
  - it would be above a voice that it should be below, or below one that it should be above.
The temperature says which pitch a voice takes, not whether it moves: the odds of staying are those at temperature 1.
A plain low temperature makes voices stand still, as staying is the likeliest at most 16ths.
Pitches outside a voice's range of data.RANGES are never written, nor rests where no given voice rests.
"""

import numpy as np
import torch

import data

RANK = (0, 3, 2, 1)  # by ORDER: 0 the highest voice
TEMPERATURE, TOP_P, PENALTY = 0.7, 1.0, 6.0


def out_of_range():
    value = np.arange(data.VOCABULARY)
    pitch = value - 1 + data.LOW
    return np.stack([(value != data.REST) & ((pitch < low) | (pitch > high)) for low, high in data.RANGES])


OUT_OF_RANGE = out_of_range()


def breaches(voice, last, now):
    """int[B][VOCABULARY]: rules that each value would break. last, now: [B][4], NONE where not known."""
    value = np.arange(data.VOCABULARY)[None]
    own = last[:, voice, None]
    count = np.zeros((len(last), data.VOCABULARY), np.int64)
    for u in range(data.VOICES):
        if u == voice:
            continue
        there, was = now[:, u, None], last[:, u, None]
        known = (there != data.NONE) & (there != data.REST) & (value != data.REST)
        high, low = (value, there) if RANK[voice] < RANK[u] else (there, value)
        count += known & (high < low)
        moved = known & (own != data.NONE) & (own != data.REST) & (was != data.NONE) & (was != data.REST)
        apart = np.where(RANK[voice] < RANK[u], own - was, was - own) % 12
        count += moved & ((value - own) * (there - was) > 0) & ((high - low) % 12 == apart) & ((apart == 0) | (apart == 7))
    return count


def log_sum(x):
    highest = x.max(-1, keepdims=True)
    return (highest + np.log(np.exp(x - highest).sum(-1, keepdims=True)))[:, 0]


def steadied(logits, own, temperature):
    """Logits with that of `own` [B] such that at `temperature` its odds are what they are at 1."""
    row = np.flatnonzero(own < data.VOCABULARY)
    row = row[np.isfinite(logits[row, own[row]])]
    others = logits[row].copy()
    others[np.arange(len(row)), own[row]] = -np.inf
    out = logits.copy()
    out[row, own[row]] = temperature * (logits[row, own[row]] - log_sum(others) + log_sum(others / temperature))
    return out


def draw(logits, own, temperature, top_p, rng):
    """logits: [B][V], after penalties. The likeliest values that make up top_p, at that temperature."""
    logits = steadied(logits, own, temperature) / temperature
    p = np.exp(logits - logits.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    order = np.argsort(-p, -1, kind="stable")
    sorted_p = np.take_along_axis(p, order, -1)
    sorted_p[np.cumsum(sorted_p, -1) - sorted_p >= top_p] = 0
    cumulative = np.cumsum(sorted_p, -1)
    at = (cumulative <= rng.random((len(p), 1)) * cumulative[:, -1:]).sum(-1)
    return np.take_along_axis(order, at[:, None], -1)[:, 0]


@torch.no_grad()
def write(network, grid, given, strength, seed, temperature=TEMPERATURE, top_p=TOP_P, penalty=PENALTY):
    """grid: int[B][T][fields]; given: int[B][T][4] of values, NONE where to be written; strength: int[B][T].
    Gives int[B][T][4] of pitches, -1 for rests."""
    rng = np.random.default_rng(seed)
    rows, steps, _ = given.shape
    encoded = network.encode(torch.from_numpy(grid))
    cache = network.cache(rows)
    values = np.full((rows, steps, data.VOICES), data.NONE)
    none = np.full((rows, data.VOICES), data.NONE)
    last, held, before = none, np.zeros((rows, data.VOICES), np.int64), none
    for t in range(steps):
        place = (t % data.STEPS_A_BEAT) * 3 + strength[:, t]
        now, rests = given[:, t].copy(), (given[:, t] == data.REST).any(-1)
        for v in range(data.VOICES):
            token = data.cell_fields(v, place, last, held, before, np.where(np.arange(4) < v, now, data.NONE))
            cell = t * data.VOICES + v
            logits = network.next(torch.from_numpy(token), encoded[:, t], torch.full((rows,), cell),
                                  torch.full((rows,), cell), cache).numpy()
            forbidden = OUT_OF_RANGE[v] | ((np.arange(data.VOCABULARY) == data.REST) & ~rests[:, None])
            logits = np.where(forbidden, -np.inf, logits - penalty * breaches(v, last, now))
            drawn = draw(logits, last[:, v], temperature, top_p, rng)
            now[:, v] = np.where(given[:, t, v] == data.NONE, drawn, given[:, t, v])
        values[:, t] = now
        last, held, before = data.advance(last, held, before, now)
    return np.where(values == data.REST, -1, values - 1 + data.LOW)
