# SPDX-License-Identifier: Apache-2.0
"""The Groove MIDI data set as patterns (see cells.py), and batches of what a musician may ask.

Its own split is kept. Of several hits of one voice in one step the loudest stays. A pattern given to the network
is a run of whole bars; what is told of it follows the task:

  new       nothing but the conditions          voices    some voices stand, the others are written
  humanise  the hits, no velocity, no timing    bars      some bars stand
                                                continue  the first bars stand

Each condition is left out now and then, so that each may be left out.
"""

import csv
import os

import mido
import numpy as np
import torch
import torch.nn.functional as F

import cells

TASKS = {"new": 0.35, "humanise": 0.2, "voices": 0.17, "bars": 0.14, "continue": 0.14}
BARS = {1: 0.06, 2: 0.16, 4: 0.6, 8: 0.18}
STEPS = {16: 0.93, 12: 0.05, 20: 0.015, 10: 0.005}
BATCH_BARS = 64
UNTOLD = {cells.SIGNATURE: 0.1, cells.STYLE: 0.15, cells.DENSITY: 0.3, cells.TEMPO: 0.2, cells.FILL: 0.2}
STYLE_FLATTENING, FILL_AFTER_BEAT = 0.3, 0.12


class Piece:
    """One file: velocity and offset (steps, voices), a whole number of bars, and what is known of it."""

    def __init__(self, row, folder):
        self.numerator, self.denominator = map(int, row["time_signature"].split("-"))
        self.bar = 16 * self.numerator // self.denominator
        self.style, self.bpm, self.fill = row["style"].split("/")[0], float(row["bpm"]), row["beat_type"] == "fill"
        self.split, self.drummer, self.name = row["split"], row["drummer"], row["midi_filename"]
        midi = mido.MidiFile(os.path.join(folder, self.name))
        per_step, hits = midi.ticks_per_beat / 4, []
        for track in midi.tracks:
            tick = 0
            for event in track:
                tick += event.time
                if event.type == "note_on" and event.velocity > 0:
                    hits.append((tick / per_step, cells.PITCH_VOICE[event.note], event.velocity))
        last = max(int(at + 0.5) for at, _, _ in hits) + 1
        bars = max(1, -(-last // self.bar) if self.fill else last // self.bar)
        self.velocity = np.zeros((bars * self.bar, cells.VOICE_COUNT), np.int8)
        self.offset = np.full(self.velocity.shape, cells.OFFSETS // 2, np.int8)
        loudest = np.zeros(self.velocity.shape, np.int16)
        for at, voice, velocity in hits:
            step = int(at + 0.5)
            if step >= len(loudest) or velocity <= loudest[step, voice]:
                continue
            loudest[step, voice] = velocity
            self.velocity[step, voice] = 1 + velocity * cells.VELOCITIES // 128
            self.offset[step, voice] = round((at - step) * (cells.OFFSETS - 1)) + cells.OFFSETS // 2

    @property
    def bars(self):
        return len(self.velocity) // self.bar


def load(folder, cache=None):
    """All pieces; `cache`, a file, keeps what was read."""
    if cache and os.path.exists(cache):
        return torch.load(cache)
    with open(os.path.join(folder, "info.csv")) as f:
        pieces = [Piece(row, folder) for row in csv.DictReader(f)]
    if cache:
        torch.save(pieces, cache)
    return pieces


class Segment:
    """A run of whole bars; fill: per step."""

    def __init__(self, piece, first, bars):
        part = slice(first * piece.bar, (first + bars) * piece.bar)
        self.piece, self.velocity, self.offset = piece, piece.velocity[part], piece.offset[part]
        self.fill = np.full(len(self.velocity), piece.fill)

    def append(self, other):
        self.velocity = np.concatenate([self.velocity, other.velocity])
        self.offset = np.concatenate([self.offset, other.offset])
        self.fill = np.concatenate([self.fill, other.fill])


def conditions(segment, rng=None):
    """The grid with nothing but the conditions told; some of them not, where `rng` is given."""
    piece, steps = segment.piece, len(segment.velocity)
    grid = np.zeros((steps, len(cells.GRID_FIELDS)), np.int64)
    grid[:, cells.BAR_STEP] = 1 + np.arange(steps) % piece.bar
    grid[:, cells.SIGNATURE] = cells.signature_code(piece.numerator, piece.denominator)
    grid[:, cells.STYLE] = 1 + cells.STYLES.index(piece.style)
    grid[:, cells.DENSITY] = cells.density_code(cells.density_of(segment.velocity))
    grid[:, cells.TEMPO] = cells.tempo_code(piece.bpm)
    grid[:, cells.FILL] = 1 + segment.fill
    for field, chance in UNTOLD.items() if rng is not None else ():
        if rng.random() < chance:
            grid[:, field] = 0
    return grid


def tell(grid, velocity, offset, hits, velocities, timing):
    """Writes what is given into the grid; hits, velocities, timing: (steps, voices) bool."""
    struck = velocity > 0
    voices = np.where(struck, np.where(velocities, cells.FIRST_VELOCITY - 1 + velocity, cells.HIT), cells.NO_HIT)
    grid[:, :cells.VOICE_COUNT] = np.where(hits, voices, cells.UNKNOWN)
    timed = struck & timing
    count = timed.sum(1)
    mean = np.rint(np.where(timed, offset, 0).sum(1) / np.maximum(count, 1)).astype(np.int64)
    grid[:, cells.TIMING] = np.where(count > 0, 1 + mean, 0)
    return timed


def masks(task, steps, bar, rng):
    """What of a pattern stands, (steps, voices) bool three times: hits, velocities, timing."""
    nothing = np.zeros((steps, cells.VOICE_COUNT), bool)
    if task == "new":
        return nothing, nothing, nothing
    if task == "humanise":
        return ~nothing, nothing, nothing
    stands = nothing.copy()
    bars = steps // bar
    if task == "voices":
        stands[:, rng.random(cells.VOICE_COUNT) < rng.uniform(0.2, 0.9)] = True
        if rng.random() < 0.3:
            return stands, nothing, nothing
    elif task == "continue":
        stands[:bar * int(rng.integers(1, max(bars, 2)))] = True
    else:
        count = int(rng.integers(1, max(bars, 2)))
        first = int(rng.integers(0, bars - count + 1))
        stands[:] = True
        stands[first * bar:(first + count) * bar] = False
        if rng.random() < 0.2:
            stands[:, rng.random(cells.VOICE_COUNT) < 0.3] = True
    return stands, stands, stands


def present(segment, task, rng, drop=True):
    """(grid, cells) of a segment as the task shows it."""
    grid = conditions(segment, rng if drop else None)
    timed = tell(grid, segment.velocity, segment.offset, *masks(task, len(grid), segment.piece.bar, rng))
    return grid, cells.write_cells(segment.velocity, segment.offset, grid, timed)


def collate(shown):
    """Patterns of one length as a batch for grid_training."""
    longest = max(len(c[0]) for _, c in shown)
    batch = {"grid": torch.from_numpy(np.stack([g for g, _ in shown]))}
    for name, shape in (("token", (3,)), ("step", ()), ("position", ()), ("target", (2,)), ("weight", (2,))):
        rows = np.zeros((len(shown), longest) + shape, np.float32 if name == "weight" else np.int64)
        for row, (_, cells_of) in zip(rows, shown):
            values = cells_of[("token", "step", "position", "target", "weight").index(name)]
            row[:len(values)] = values
        batch[name] = torch.from_numpy(rows)
    return batch


def loss_of(network, batch):
    """(sum of the weighted negative log likelihood in nats, hits and offsets together; how many cells are not
    certain)."""
    logits = network(batch["grid"], batch["token"], batch["step"], batch["position"]).flatten(0, 1)
    target, weight = batch["target"].flatten(0, 1), batch["weight"].flatten(0, 1)
    cell = F.cross_entropy(logits[:, :cells.CELL_VALUES], target[:, 0], reduction="none")
    offset = F.cross_entropy(logits[:, cells.CELL_VALUES:], target[:, 1], reduction="none")
    return (cell * weight[:, 0] + offset * weight[:, 1]).sum(), weight.amax(1).sum()


class Source:
    """Draws segments of a split."""

    def __init__(self, pieces, split):
        self.pieces = [p for p in pieces if p.split == split]
        styles = {}
        for p in self.pieces:
            styles[p.style] = styles.get(p.style, 0) + p.bars
        self.pools = {}
        for steps in STEPS:
            for bars in BARS:
                pool = [p for p in self.pieces if p.bar == steps and p.bars >= bars]
                if pool:
                    share = np.array([p.bars * styles[p.style] ** -STYLE_FLATTENING * (3 if p.fill else 1) for p in pool])
                    self.pools[steps, bars] = pool, np.cumsum(share / share.sum())
        self.fills = {}
        for p in self.pieces:
            if p.fill:
                self.fills.setdefault((p.style, p.bar), []).append(p)

    def segment(self, steps, bars, rng):
        pool, share = self.pools[steps, bars]
        piece = pool[min(np.searchsorted(share, rng.random()), len(pool) - 1)]
        first = int(rng.integers(0, piece.bars - bars + 1))
        fills = self.fills.get((piece.style, piece.bar))
        if bars < 2 or piece.fill or not fills or rng.random() > FILL_AFTER_BEAT:
            return Segment(piece, first, bars)
        segment, fill = Segment(piece, first, bars - 1), fills[rng.integers(len(fills))]
        segment.append(Segment(fill, 0, 1))
        return segment

    def batch(self, rng, task=None, shape=None):
        """task, shape (steps a bar, bars): drawn where not given."""
        while not shape or shape not in self.pools:
            shape = (int(rng.choice(list(STEPS), p=list(STEPS.values()))), int(rng.choice(list(BARS), p=list(BARS.values()))))
        drawn = rng.choice(list(TASKS), size=BATCH_BARS // shape[1], p=list(TASKS.values()))
        return collate([present(self.segment(*shape, rng), task or t, rng) for t in drawn])
