# SPDX-License-Identifier: Apache-2.0
"""Draws many patterns of one length at once, as daemon/generate/groove does one."""

import numpy as np
import torch

import cells


class Row:
    """One pattern being written. grid: its fields; velocity, offset: arrays of which what is given stands."""

    def __init__(self, grid, velocity, offset, timed):
        self.grid, self.velocity, self.offset, self.timed = grid, velocity.copy(), offset.copy(), timed
        self.step = self.first = self.count = 0
        self.token, self.hit = (cells.START, 0, 0), None

    @property
    def done(self):
        return self.step == len(self.grid)

    def take(self, value, offset):
        """A cell as drawn; the offset belongs to the hit before."""
        before = 0
        if self.hit is not None:
            if not self.timed[self.hit]:
                self.offset[self.hit] = offset
            before = 1 + self.offset[self.hit]
        self.hit = None
        if value == cells.END:
            self.velocity[self.step, self.first:] = 0
            self.step, self.first = self.step + 1, 0
        else:
            voice, bucket = divmod(value - 1, cells.VELOCITIES)
            self.velocity[self.step, self.first:voice] = 0
            self.velocity[self.step, voice] = 1 + bucket
            self.hit, self.first = (self.step, voice), voice + 1
        self.token = (value, before, self.first)
        self.count += 1


def draw(logits, ok, temperature, top_p, rng):
    """One value a row of (B, n) logits, of those that are ok."""
    logits = np.where(ok, logits, -np.inf)
    share = np.exp((logits - logits.max(1, keepdims=True)) / temperature)
    share /= share.sum(1, keepdims=True)
    order = np.argsort(-share, 1, kind="stable")
    ranked = np.take_along_axis(share, order, 1)
    ranked[np.cumsum(ranked, 1) - ranked >= top_p] = 0
    reached = np.cumsum(ranked, 1)
    place = (reached <= rng.random((len(share), 1)) * reached[:, -1:]).sum(1)
    return np.take_along_axis(order, place[:, None], 1)[:, 0]


def write(network, rows, temperature, top_p, rng):
    """Writes the rows, whose grids have one length, to their ends."""
    with torch.no_grad():
        encoded = network.encode(torch.from_numpy(np.stack([r.grid for r in rows])))
        cache = network.cache(len(rows))
        while not all(r.done for r in rows):
            step = torch.tensor([min(r.step, len(r.grid) - 1) for r in rows])
            logits = network.next(torch.tensor([r.token for r in rows]), encoded[torch.arange(len(rows)), step],
                                  step * cells.STEP_STRIDE + torch.tensor([r.first for r in rows]),
                                  torch.tensor([r.count for r in rows]), cache).numpy()
            ok = np.stack([cells.allowed(r.grid[t], r.first) for r, t in zip(rows, step)])
            value = draw(logits[:, :cells.CELL_VALUES], ok, temperature, top_p, rng)
            later = logits[:, cells.CELL_VALUES:]
            offset = draw(later, np.ones_like(later, bool), temperature, top_p, rng)
            for i, row in enumerate(rows):
                if not row.done:
                    row.take(int(value[i]), int(offset[i]))
    # The offset of a hit in the very last step is told by its END cell, which has been taken.
    return rows
