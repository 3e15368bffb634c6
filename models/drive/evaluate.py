#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Scores the shipped drive-*.pt against the circuit; writes scores.json and the card's table.

ESR as in common/evaluation.py; t is the circuit's output after the
output coupling, LATENCY_FRAMES late, y the module's, both at level 0 dB. Means are over segments. Pre-emphasised: both
through 1 - 0.85 z^-1 first. "pooled" divides the summed error of all segments by their
summed energy. Test signals and knob positions are those of signals.TEST_SEED and its reserved
bands; training saw neither.

  ./evaluate.py            # both rates
  ./evaluate.py --targets  # only solves the circuit for the test signals
"""

import json
import os
import sys

import numpy as np
import torch

import circuit  # noqa: F401  (sets the path to common)
import evaluation
import network
import signals
import train
from evaluation import emphasis, esr, k_weighted_db, smooth, stats

HERE = os.path.dirname(os.path.abspath(__file__))
SEGMENTS = 240
SECONDS = 1.0
MOVING = 24
WORK = "/tmp/continuo-drive"  # keeps the circuit's answers, which take minutes, between runs
BLOCKS = (1, 63, 64, 256, 441, 1024)


def run(module, x, params, block):
    """Streams one signal [frames] with params [3, frames] through the module."""
    state = module.initial_state()
    out = []
    x = torch.as_tensor(x, dtype=torch.float32)[None, None]
    params = torch.as_tensor(params, dtype=torch.float32)[None]
    with torch.no_grad():
        for i in range(0, x.shape[2], block):
            y, state = module(x[:, :, i:i + block].contiguous(), params[:, :, i:i + block].contiguous(), state)
            out.append(y[0, 0])
    return torch.cat(out).numpy()


def late(t):
    """The target as the module gives it: LATENCY_FRAMES later."""
    return np.pad(t, ((0, 0), (network.LATENCY_FRAMES, 0)))[:, :t.shape[1]]


def test_set(rate):
    """Test signals, knobs and targets; second, knobs that move, and their targets."""
    path = os.path.join(WORK, "test-%d-%d.npz" % (rate, SEGMENTS))
    n = int(SECONDS * rate)
    x, (drive, tone), kinds = signals.segments(signals.TEST_SEED, 0, SEGMENTS, n, rate, train.KNOBS, test=True)
    x = x.astype(np.float32).astype(np.float64)  # what the module will see
    # New knob values in steps every 0.2 s, smoothed as the daemon does; no training signal has these.
    rng = np.random.default_rng([signals.TEST_SEED, 1])
    step = rng.uniform(0, 10, (2, MOVING, 5)).repeat(int(np.ceil(n / 5)), axis=2)[:, :, :n]
    moving = smooth(step[0], rate), smooth(step[1], rate)
    if os.path.exists(path):
        with np.load(path) as z:
            still_target, moving_target = z["still"], z["moving"]
    else:
        still_target = circuit.simulate(x, drive, tone, rate)[1]
        moving_target = circuit.simulate(x[:MOVING], *moving, rate)[1]
        os.makedirs(WORK, exist_ok=True)
        np.savez(path, still=still_target, moving=moving_target)
    return x, drive, tone, kinds, late(still_target), moving, late(moving_target)


def score(rate):
    module = torch.jit.load(os.path.join(HERE, "drive-%d.pt" % rate))
    n = int(SECONDS * rate)
    x, drive, tone, kinds, target, (moving_d, moving_t), tm = test_set(rate)
    ones = np.ones(n)
    y = np.stack([run(module, x[i], np.stack([drive[i] * ones, tone[i] * ones, 0 * ones]), 1024)
                  for i in range(SEGMENTS)])
    d = drive[:, 0]
    out = {"seconds_each": SECONDS,
           **evaluation.scores_of(y, target, kinds, d, evaluation.RANGES, "drive")}

    ym = np.stack([run(module, x[i], np.stack([moving_d[i], moving_t[i], 0 * ones]), 256) for i in range(MOVING)])
    out["moving"] = {"esr_percent": stats(esr(ym, tm)),
                     "esr_percent_preemphasised": stats(esr(emphasis(ym), emphasis(tm)))}

    # Silence, DC, block sizes, level, loudness.
    half = np.stack([np.linspace(0, 10, rate), np.linspace(10, 0, rate), np.zeros(rate)])
    out["silence_peak"] = float(np.abs(run(module, np.zeros(rate), half, 64)).max())
    t = np.arange(4 * rate) / rate
    dc = []
    for dr in (0, 5, 10):
        k = np.ones(4 * rate)[None] * np.array([[dr], [5], [0]])
        z = run(module, 0.5 * np.sin(2 * np.pi * 220 * t) + 0.2, k, 1024)[-rate:]
        dc.append(abs(float(z.astype(np.float64).mean())))
    out["dc_largest_of_asymmetric_sine"] = float("%.3g" % max(dc))
    g = signals.guitar(rate, 2.0)
    k = np.stack([np.linspace(0, 10, len(g)), np.linspace(10, 0, len(g)), np.zeros(len(g))])
    ref = run(module, g, k, 64)
    out["block_sizes_largest_difference"] = {
        str(b): float("%.3g" % np.abs(run(module, g, k, b) - ref).max()) for b in BLOCKS}
    again = run(module, g, k, 64)
    out["deterministic"] = bool((again == ref).all())
    k6 = k.copy()
    k6[2] = -6.0
    out["level_minus_6_db_measured_db"] = round(float(20 * np.log10(run(module, g, k6, 64).std() / ref.std())), 4)
    out["k_weighted_gain_db_of_guitar"] = {
        str(dr): round(k_weighted_db(run(module, g, np.ones(len(g))[None] * np.array([[dr], [5], [0]]), 1024), rate)
                       - k_weighted_db(g, rate), 2) for dr in (0, 2, 5, 8, 10)}
    return out


LINES = (
    ("ESR pooled over all segments", lambda s: "%.3f %%" % s["esr_percent_pooled"]),
    ("segments above 3 %% of %d" % SEGMENTS, lambda s: str(s["segments_above_3_percent"])),
    ("peak for silence, knobs moving", lambda s: "%g" % s["silence_peak"]),
    ("DC left of a sine with an offset of 0.2", lambda s: "%.1e" % s["dc_largest_of_asymmetric_sine"]),
    ("largest difference over block sizes 1–1024",
     lambda s: "%.1e" % max(s["block_sizes_largest_difference"].values())),
    ("loudness (K-weighted) of a guitar against the input at drive 0 / 5 / 10",
     lambda s: " / ".join("%+.1f dB" % s["k_weighted_gain_db_of_guitar"][k] for k in ("0", "5", "10"))),
)


def main():
    torch.set_num_threads(1)
    if "--targets" in sys.argv:
        for rate in (44100, 48000):
            test_set(rate)
        return
    out = {}
    for rate in (44100, 48000):
        if os.path.exists(os.path.join(HERE, "drive-%d.pt" % rate)):
            out[str(rate)] = score(rate)
            s = out[str(rate)]
            print(rate, "ESR %", s["esr_percent"], "\n  pre-emphasised", s["esr_percent_preemphasised"],
                  "\n  moving", s["moving"]["esr_percent"], flush=True)
            for name, v in s["by_drive"].items():
                print("  %-7s" % name, v["esr_percent"])
            evaluation.publish(HERE, out, evaluation.table(out, "drive", LINES))
            print(json.dumps({k: v for k, v in s.items() if not k.startswith(("esr", "by_", "moving"))}, indent=1))


if __name__ == "__main__":
    main()
