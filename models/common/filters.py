# SPDX-License-Identifier: Apache-2.0
"""Filters that the circuits and the students share."""

import numpy as np
from scipy import signal

OVERSAMPLING = 8
PHASES = 4  # a student's shaping curve is looked at this many times a frame
DELAY = 5  # frames; half the length of the interpolating filters


def one_pole(pole_hz, rate_hz, kind="highpass"):
    """Bilinear (b, a) of a first-order section."""
    return signal.bilinear(*(([1, 0], [1, 2 * np.pi * pole_hz]) if kind == "highpass"
                             else ([2 * np.pi * pole_hz], [1, 2 * np.pi * pole_hz])), fs=rate_hz)


def cascade(poles_hz, rate_hz):
    """(b, a) of first-order high-passes one after the other."""
    b, a = np.ones(1), np.ones(1)
    for pole in poles_hz:
        bb, aa = one_pole(pole, rate_hz)
        b, a = np.convolve(b, bb), np.convolve(a, aa)
    return b, a


# Anti-alias FIR for resampling by 8: flat to 0.45, -100 dB from 0.55 of the base rate.
_FIR = signal.firwin(8 * 64 + 1, 0.5 / (OVERSAMPLING / 2), window=("kaiser", 10.0))


def upsample(x):
    """[batch, frames] -> [frames * 8, batch]; linear phase, delay compensated."""
    return signal.resample_poly(np.asarray(x, np.float64).T, OVERSAMPLING, 1, axis=0, window=_FIR * 1.0)


def downsample(y, frames):
    """[frames * 8, batch] -> [batch, frames]."""
    return signal.resample_poly(y, 1, OVERSAMPLING, axis=0, window=_FIR).T[:, :frames]


def phase_filters():
    """[PHASES, 2 DELAY] taps, oldest first: the newest frame itself (row 0), and a quarter, half and
    three quarters of a frame after the frame DELAY ago (windowed sinc)."""
    n = np.arange(2 * DELAY)  # tap n meets the frame at now - (2 DELAY - 1 - n)
    rows = [np.where(n == 2 * DELAY - 1, 1.0, 0.0)]
    for k in range(1, PHASES):
        t = n - (DELAY - 1) - k / PHASES
        rows.append(np.sinc(t) * np.i0(4.0 * np.sqrt(np.maximum(0, 1 - (t / (DELAY + 0.25)) ** 2))) / np.i0(4.0))
        rows[-1] /= rows[-1].sum()
    return np.array(rows)


def modes(filters, pole_hz, rate_hz):
    """Filters with common poles as y = direct x + sum_k res_k LP_k, LP_k[n] = x[n] + p_k LP_k[n-1].

    By hand, since scipy's residuez takes poles as near as 15.6 and 15.9 Hz for a double one.
    """
    poles = np.array([-one_pole(hz, rate_hz)[1][1] for hz in pole_hz])
    direct, residues = [], []
    for b, a in filters:
        order = len(a) - 1
        row = np.zeros(len(poles))
        for k in range(order):
            others = np.prod([1 - poles[j] / poles[k] for j in range(order) if j != k])
            row[k] = np.polyval(b[::-1], 1 / poles[k]) / others
        direct.append(b[-1] / a[-1])
        residues.append(row)
    return poles, np.array(direct), np.array(residues)
