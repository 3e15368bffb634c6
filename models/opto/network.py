# SPDX-License-Identifier: Apache-2.0
"""The student of `opto`: a small recurrent network at a control rate, whose gain multiplies the audio.

Per block of BLOCK_FRAMES frames, counted from the stream's first (rate / 12 a second):
  p   = mean of x^2 over the block * s(reduction)^2     power at the panel, were the gain 1
  u   = (log(p + FLOOR) / 4, limit / 5 - 1)
  h   = GRU(u, h)                                       torch.nn.GRU's equations, from h = 0
  P   = -softplus(W h + b)                              log gain, predicted for the end of the
                                                        block that begins now
  g goes linearly from exp(P) of the block before to exp(P) over the block that begins now
  y   = g x * 10^(level / 20)
The gain of the first block goes from 1 to 1: nothing has been heard yet. So there is no latency, the
result does not depend on how the signal is cut, and silence gives exact silence. The update
gate's bias is initialised to time constants from 1 to 16000 blocks (4 s), since the cell
remembers for seconds. Blocks are short for the sake of attacks: a gain is a block and a half late,
and at the highest reduction the cell shuts within two or three frames.
"""

import os
import sys

import numpy as np
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import circuit  # noqa: E402

BLOCK_FRAMES = 12  # at 48 kHz
FLOOR = 1e-3
INPUTS = 2


def block_frames(rate_hz):
    """The same steps of time at any rate, as nearly as whole frames allow: 11 at 44.1 kHz are
    0.2494 ms, where 12 at 48 kHz are 0.25."""
    return round(BLOCK_FRAMES * rate_hz / 48000)


def block_features(x, reduction, limit, d=BLOCK_FRAMES):
    """x [B, blocks * d], knobs [B, 1] or [B, frames] -> [B, blocks, INPUTS]."""
    power = (x * x).reshape(len(x), -1, d).mean(2)
    at_end = lambda k: k[:, d - 1::d] if k.shape[1] > 1 else k
    u = np.log(power * circuit.sidechain_gain(at_end(reduction)) ** 2 + FLOOR) / 4
    return np.stack([u, np.broadcast_to(at_end(limit) / 5 - 1, u.shape)], 2)


class Student(torch.nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.hidden = hidden
        self.gru = torch.nn.GRU(INPUTS, hidden, batch_first=True)
        self.head = torch.nn.Linear(hidden, 1)
        with torch.no_grad():
            self.gru.bias_ih_l0[hidden:2 * hidden] = torch.log(torch.logspace(0, np.log10(16000.0), hidden) + 0.01)
            self.gru.bias_hh_l0[hidden:2 * hidden] = 0
            self.head.bias.fill_(-2.0)

    def parts(self):
        """The weights in the order of the file."""
        g = self.gru
        return [g.weight_ih_l0, g.weight_hh_l0, g.bias_ih_l0, g.bias_hh_l0, self.head.weight, self.head.bias]

    def flat(self):
        return torch.cat([p.flatten() for p in self.parts()])

    def forward(self, u, h=None):
        """u [B, blocks, INPUTS] -> log gain [B, blocks], h."""
        z, h = self.gru(u, h)
        return -torch.nn.functional.softplus(self.head(z)[:, :, 0]), h


def gain_of(log_gain, d=BLOCK_FRAMES):
    """log gain [B, blocks] as predicted after each block -> g [B, blocks * d]."""
    ends = np.exp(np.concatenate([np.zeros((len(log_gain), 2)), log_gain[:, :-1]], 1))
    t = (np.arange(d) + 1) / d
    g = ends[:, :-1, None] + (ends[:, 1:, None] - ends[:, :-1, None]) * t
    return g.reshape(len(log_gain), -1)
