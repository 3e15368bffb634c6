#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Ground truth of `opto`: an optical compressor of the kind that studios know since the sixties.

  x --Rs--+-- y = g x -- make-up gain -- out        g = 1 / (1 + C)
          |
      LDR (cell) <~~ light ~~ panel <-- sidechain amplifier <-- y (compress) mixed with x (limit)

  sidechain  v = s |x| (g + (1 - g) m),  s = 10^((5 reduction - 10) / 20),  m = 0.2 limit / 10
             what the amplifier gives, in units of the voltage at which the panel begins to glow
  panel      L = v^2: light goes with the square of the voltage, which is the soft knee; a
             feedback gain that goes with the square is a ratio of 3 : 1, and the share of x
             that `limit` mixes in steepens it without bound
  cell       C = 0.6 f + 0.4 w, its conductance times Rs, of two kinds of carriers:
             df/dt = (L - f) (1 / 60 ms + L / (1 + L) / 4 ms)   faster in bright light
             dw/dt = (f - w) / (0.8 s if f > w else 1.2 s + 3.8 s q)   trapped, let go slowly
             dq/dt = (w / (1 + w) - q) / 4 s                    how long and bright it was
  So the release has two stages (most within 60 ms, the rest in seconds), and the second is the
  slower the longer and the deeper the compression was.

L is taken at 8x oversampling and averaged over a frame; the cell goes on one frame at a time by
exact exponential steps of its linear parts (the fastest time constant is 3.8 ms). Left out:
the amplifiers' tubes and transformers, noise, the panel's ageing, the cell's colour.
The constants are ours, chosen to give the published times of such cells (10 ms attack, 60 ms to
half release, 0.5 to 5 s to the rest); no unit was measured.
"""

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import filters  # noqa: E402

FAST_SHARE, SLOW_SHARE = 0.6, 0.4


def sidechain_gain(reduction):
    return 10 ** ((5 * np.clip(reduction, 0, 10) - 10) / 20)


def mix(limit):
    return 0.02 * np.clip(limit, 0, 10)


def simulate(x, reduction, limit, rate_hz):
    """The gain g for a batch: x [batch, frames]; knobs [batch, frames] or [batch, 1]."""
    batch, frames = x.shape
    m = filters.OVERSAMPLING
    power = np.empty((frames, batch))
    for b in range(0, batch, 32):
        up = filters.upsample(x[b:b + 32])
        power[:, b:b + 32] = (up * up).reshape(frames, m, -1).mean(1)
    s2 = np.broadcast_to((sidechain_gain(reduction) ** 2).T, (reduction.shape[1], batch))
    share = np.broadcast_to(mix(limit).T, (limit.shape[1], batch))
    h = 1.0 / rate_hz
    f, w, q = np.zeros(batch), np.zeros(batch), np.zeros(batch)
    gain = np.empty((frames, batch))
    dark, bright, slow = h / 0.060, h / 0.004, h / 4.0
    for n in range(frames):
        g = 1 / (1 + FAST_SHARE * f + SLOW_SHARE * w)
        gain[n] = g
        fed = share[min(n, len(share) - 1)]
        fed = fed + g * (1 - fed)
        light = power[n] * s2[min(n, len(s2) - 1)] * fed * fed
        f = f + (light - f) * -np.expm1(-dark - bright * (light / (1 + light)))
        w = w + (f - w) * (h / np.where(f > w, 0.8, 1.2 + 3.8 * q))
        q = q + (w / (1 + w) - q) * slow
    return gain.T


def _self_test():
    rate = 48000
    t = np.arange(6 * rate) / rate
    for db in (-40, -30, -20, -10, 0):
        x = (np.sin(2 * np.pi * 500 * t) * (t < 2) * 10 ** (db / 20))[None]
        for limit in (0.0, 10.0):
            g = 20 * np.log10(simulate(x, np.array([[6.0]]), np.array([[limit]]), rate)[0])
            at = [g[int(rate * s)].round(2) for s in (0.005, 0.01, 0.05, 1.99, 2.06, 2.5, 3, 4, 5.9)]
            print(db, "dBFS, limit", limit, "gain dB at 5, 10, 50 ms, 2, 2.06, 2.5, 3, 4, 5.9 s:", at)


if __name__ == "__main__":
    _self_test()
