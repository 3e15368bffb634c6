#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Synthesised dry signals and knob positions, from a seed.

Everything here is computed: no recording is used. Segment `index` of a set depends on
(seed, index) alone, so sets of any size and order are repeatable.

Held-out data: the test set has another seed, and its knob positions come from bands
that training never sees (`bands`): no training segment has a knob within 0.05 of one of
its test values. The bands include both ends of each knob. All knobs go from 0 to 10.
"""

import numpy as np
from scipy import signal

TRAIN_SEED = 1701
VALID_SEED = 2702
TEST_SEED = 9309

KINDS = ("string", "chord", "muted", "bass", "saw", "square", "drums", "sweep", "noise", "mix")
KIND_WEIGHTS = np.array([5, 5, 3, 3, 2, 2, 2, 1.5, 1.5, 1.0])


def bands(offset):
    """Test values of a knob lie in these, training values outside these widened by 0.05."""
    return [(0.0, 0.1)] + [(k + offset, k + offset + 0.1) for k in range(10)] + [(9.9, 10.0)]


def train_knob(rng, reserved):
    while True:
        v = rng.uniform(0, 10)
        if all(not (lo - 0.05 <= v <= hi + 0.05) for lo, hi in reserved):
            return v


def test_knob(rng, reserved):
    lo, hi = reserved[rng.integers(len(reserved))]
    return rng.uniform(lo, hi)


def _fade(n, rate, attack=0.0005, release=0.004):
    e = np.ones(n)
    a, r = max(1, int(attack * rate)), max(1, int(release * rate))
    e[:a] *= np.linspace(0, 1, a)
    e[-r:] *= np.linspace(1, 0, r)
    return e


def pluck(rng, f0, n, rate, decay_s, bright, pick):
    """Karplus-Strong: a noise burst with a pick-position comb through a damped string loop."""
    period = rate / f0
    stretch = 0.5 * (1 - bright)  # two-tap loop filter; its delay is `stretch` samples
    whole = int(period - stretch)
    frac = period - stretch - whole
    gain = 0.001 ** (1 / (f0 * decay_s))
    loop = gain * np.convolve([1 - stretch, stretch], [1 - frac, frac])
    burst = rng.standard_normal(whole + 1)
    burst = signal.lfilter([1 - 0.6 * (1 - bright)], [1, -0.6 * (1 - bright)], burst)
    x = np.zeros(n)
    m = min(n, len(burst))
    x[:m] = burst[:m]
    d = max(1, int(pick * period))
    x[d:] -= 0.9 * x[:-d].copy()
    a = np.zeros(whole + 3)
    a[0] = 1
    a[whole:whole + 3] -= loop
    y = signal.lfilter([1.0], a, x)
    return y / (np.abs(y).max() + 1e-9)


def _strings(rng, n, rate, notes, low, high, decay, gap_s):
    y = np.zeros(n)
    at = int(rng.uniform(0, 0.15) * n)
    for _ in range(notes):
        if at >= n - 64:
            break
        f0 = low * (high / low) ** rng.random()
        y[at:] += pluck(rng, f0, n - at, rate, decay * rng.uniform(0.5, 1.5), rng.uniform(0.1, 0.95),
                        rng.uniform(0.05, 0.45)) * rng.uniform(0.4, 1)
        at += int(gap_s * rng.uniform(0.5, 1.5) * rate)
    return y


def _chord(rng, n, rate, decay):
    root = 82.4 * 2 ** (rng.integers(0, 24) / 12)
    shape = [(0, 7, 12), (0, 7, 12, 16, 19), (0, 7, 12, 15, 19, 24), (0, 4, 7, 10), (0, 5, 10, 15)][
        rng.integers(5)]
    y = np.zeros(n)
    at = int(rng.uniform(0, 0.15) * n)
    strum = rng.uniform(0, 0.025) * rate
    detune = rng.uniform(0.998, 1.002, len(shape))
    for i, s in enumerate(shape):
        k = at + int(i * strum)
        if k < n - 64:
            y[k:] += pluck(rng, root * 2 ** (s / 12) * detune[i], n - k, rate, decay,
                           rng.uniform(0.3, 0.95), rng.uniform(0.05, 0.4)) * rng.uniform(0.5, 1)
    return y


def _oscillator(rng, n, rate, square):
    """Band-limited saw or pulse by additive partials, with glide, detuned copy and an envelope."""
    f0 = 55 * 2 ** rng.uniform(0, 4.3)
    glide = 2 ** (rng.uniform(-0.5, 0.5) * (rng.random() < 0.3))
    y = np.zeros(n)
    duty = rng.uniform(0.15, 0.5)
    for cents in ([0] if rng.random() < 0.5 else [0, rng.uniform(3, 15)]):
        f = f0 * 2 ** (cents / 1200) * np.geomspace(1, glide, n)
        phase = 2 * np.pi * (np.cumsum(f) / rate + rng.random())
        top = int(min(0.45 * rate, rng.uniform(2e3, 18e3)) / f.max())
        for k in range(1, max(2, min(top, 120))):
            y += np.sin(k * phase) / k * (np.sin(np.pi * k * duty) if square else 1)
    env = np.exp(-np.arange(n) / rate / rng.uniform(0.1, 3))
    return y * env * _fade(n, rate, rng.uniform(0.001, 0.05))


def _drums(rng, n, rate):
    y = np.zeros(n)
    at = int(rng.uniform(0, 0.1) * n)
    while at < n - 64:
        m = n - at
        t = np.arange(m) / rate
        kind = rng.integers(3)
        if kind == 0:
            f = 45 + rng.uniform(60, 250) * np.exp(-t / rng.uniform(0.01, 0.05))
            h = np.sin(2 * np.pi * np.cumsum(f) / rate) * np.exp(-t / rng.uniform(0.05, 0.25))
        elif kind == 1:
            h = rng.standard_normal(m) * np.exp(-t / rng.uniform(0.02, 0.12)) * 0.4
            h += np.sin(2 * np.pi * rng.uniform(150, 250) * t) * np.exp(-t / 0.08)
        else:
            h = signal.lfilter([1, -0.95], [1], rng.standard_normal(m)) * 0.4
            h *= np.exp(-t / rng.uniform(0.01, 0.08))
        y[at:] += h * rng.uniform(0.3, 1)
        at += int(rng.uniform(0.06, 0.25) * rate)
    return y


def _sweep(rng, n, rate):
    lo, hi = sorted(20 * (16000 / 20) ** rng.random(2))
    f = np.geomspace(lo, hi * 1.5 if hi < lo * 1.2 else hi, n)
    if rng.random() < 0.5:
        f = f[::-1]
    return np.sin(2 * np.pi * np.cumsum(f) / rate + rng.uniform(0, 6.28)) * _fade(n, rate, 0.005)


def _noise(rng, n, rate):
    y = rng.standard_normal(n)
    if rng.random() < 0.7:  # pink to brown
        p = rng.uniform(0.7, 0.995)
        y = signal.lfilter([1 - p], [1, -p], y)
    steps = rng.integers(2, 7)
    level = 10 ** (rng.uniform(-40, 0, steps) / 20)
    return y / (3 * y.std()) * np.repeat(level, int(np.ceil(n / steps)))[:n]


def make(kind, rng, n, rate):
    """One dry segment of n frames, its peak between -40 and 0 dBFS."""
    if kind == "string":
        y = _strings(rng, n, rate, rng.integers(1, 6), 82, 900, rng.uniform(1, 5), rng.uniform(0.06, 0.3))
    elif kind == "chord":
        y = _chord(rng, n, rate, rng.uniform(1, 4))
    elif kind == "muted":
        y = (_chord if rng.random() < 0.4 else
             lambda r, a, b, d: _strings(r, a, b, r.integers(2, 9), 82, 330, d, 0.08))(
                 rng, n, rate, rng.uniform(0.06, 0.3))
    elif kind == "bass":
        y = _strings(rng, n, rate, rng.integers(1, 4), 36, 150, rng.uniform(0.5, 4), rng.uniform(0.1, 0.3))
    elif kind in ("saw", "square"):
        y = _oscillator(rng, n, rate, kind == "square")
    elif kind == "drums":
        y = _drums(rng, n, rate)
    elif kind == "sweep":
        y = _sweep(rng, n, rate)
    elif kind == "noise":
        y = _noise(rng, n, rate)
    else:
        a, b = rng.choice(len(KINDS) - 1, 2)
        y = make(KINDS[a], rng, n, rate)
        z = make(KINDS[b], rng, n, rate)
        y = y / (np.abs(y).max() + 1e-9) + z / (np.abs(z).max() + 1e-9) * rng.uniform(0.1, 1)
    if rng.random() < 0.15:  # the player stops
        k = int(rng.uniform(0.3, 0.9) * n)
        y[k:] *= np.exp(-np.arange(n - k) / rate / 0.005)
    peak = 10 ** (rng.uniform(-40, 0) * (1 if rng.random() < 0.3 else 0.5) / 20)
    return y / (np.abs(y).max() + 1e-9) * peak


def segments(seed, first, count, n, rate, knobs, test=False):
    """(x [count, n], a list of [count, 1] a knob, kinds); `knobs` are the bands of each knob."""
    x = np.zeros((count, n))
    values, kinds = [np.zeros((count, 1)) for _ in knobs], []
    draw = test_knob if test else train_knob
    for i in range(count):
        rng = np.random.default_rng([seed, first + i])
        kind = KINDS[(first + i) % len(KINDS)] if test else rng.choice(KINDS, p=KIND_WEIGHTS / KIND_WEIGHTS.sum())
        for value, reserved in zip(values, knobs):
            value[i] = draw(rng, reserved)
        x[i] = make(kind, rng, n, rate)
        kinds.append(str(kind))
    return x, values, kinds


def guitar(rate, seconds=4.0, seed=5):
    """A strummed progression with peaks at -9 dBFS, for setting the level."""
    rng = np.random.default_rng(seed)
    n = int(seconds * rate)
    y = np.zeros(n)
    for bar in range(int(seconds * 2)):
        k = int(bar * rate / 2)
        y[k:] += _chord(rng, n - k, rate, 2.0)
    return y / np.abs(y).max() * 10 ** (-9 / 20)


def phrases(rng, n, rate):
    """n frames of program: phrases of one kind each at levels of their own, some after a pause."""
    y = np.zeros(n)
    at = 0
    while at < n - rate // 10:
        m = min(n - at, int(rate * rng.uniform(0.3, 2.5)))
        kind = rng.choice(KINDS, p=KIND_WEIGHTS / KIND_WEIGHTS.sum())
        y[at:at + m] = make(str(kind), rng, m, rate) * _fade(m, rate)
        at += m + int(rate * rng.uniform(0, 2.0) * (rng.random() < 0.3))
    return y
