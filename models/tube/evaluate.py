#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Scores tube-*.json against the circuit; writes scores.json and the card's tables.

y is the file's reference in double precision, which the fused executor equals within 1e-6
(tests/golden); t the circuit's output after the coupling, LATENCY_FRAMES late, both at level
0 dB. Test signals and knob positions are those of signals.TEST_SEED and its reserved bands.

  ./evaluate.py [--work WORK]     # keeps the circuit's answers, which take minutes
"""

import argparse
import os

import numpy as np

import circuit
import evaluation
import export
import network
import signals
import tcn
import train
from evaluation import emphasis, esr, stats

HERE = os.path.dirname(os.path.abspath(__file__))
SEGMENTS, MOVING = 120, 12
ALIAS_HZ = 4999


def late(t):
    return np.pad(t, ((0, 0), (network.LATENCY_FRAMES, 0)))[:, :t.shape[1]]


def run(reference, rate, x, gain, bias):
    """A batch at level 0 dB; knobs [B, 1] or [B, T]."""
    r = network.Front(rate, len(x)).run(x, gain, bias)
    out = []
    for i in range(len(x)):
        knobs = network.knob_features(*(np.broadcast_to(k[i], (x.shape[1],)) for k in (gain, bias)))
        out.append(reference.network(r[i], knobs.T, 0.0))
    return np.stack(out)


def score(rate, work):
    reference = export.reference(rate)
    n = rate
    x, (gain, bias), kinds = signals.segments(signals.TEST_SEED, 0, SEGMENTS, n, rate, train.KNOBS, test=True)
    rng = np.random.default_rng([signals.TEST_SEED, 1])
    steps = rng.uniform(0, 10, (2, MOVING, 5)).repeat(int(np.ceil(n / 5)), axis=2)[:, :, :n]
    moving = [evaluation.smooth(s, rate) for s in steps]

    def solve():
        return {"still": circuit.simulate(x, gain, bias, rate)[1], "moving": circuit.simulate(x[:MOVING], *moving, rate)[1]}

    os.makedirs(work, exist_ok=True)
    targets = tcn.cached(os.path.join(work, "test-%d-%d.npz" % (rate, SEGMENTS)), solve)
    target = late(targets["still"])
    out = evaluation.scores_of(run(reference, rate, x, gain, bias), target, kinds, gain[:, 0], evaluation.RANGES, "gain")
    ym = run(reference, rate, x[:MOVING], *moving)
    tm = late(targets["moving"])
    out["moving"] = {"esr_percent": stats(esr(ym, tm)), "esr_percent_preemphasised": stats(esr(emphasis(ym), emphasis(tm)))}
    ramp = np.linspace(0, 10, n)[None]
    out["silence_peak"] = float(np.abs(run(reference, rate, np.zeros((1, n)), ramp, ramp[:, ::-1])).max())
    # One call for what needs a few signals at several settings.
    t = np.arange(2 * rate) / rate
    settings = np.array([[0.0, 5], [5, 0], [5, 10], [10, 5]])
    sine = np.broadcast_to(0.5 * np.sin(2 * np.pi * 220 * t), (4, len(t)))
    z = run(reference, rate, sine, settings[:, :1], settings[:, 1:])[:, -rate:]
    out["dc_largest"] = float("%.3g" % np.abs(z.mean(1)).max())
    high = 0.5 * np.sin(2 * np.pi * ALIAS_HZ * t)[None]
    ten, five = np.array([[10.0]]), np.array([[5.0]])
    naive = (-plate(high[0] * 30.0))[-rate:]
    out["aliasing_db"] = {
        "model": evaluation.aliasing_db(run(reference, rate, high, ten, five)[0, -rate:], rate, ALIAS_HZ),
        "circuit": evaluation.aliasing_db(circuit.simulate(high, ten, five, rate)[1][0, -rate:], rate, ALIAS_HZ),
        "curve_once_a_frame": evaluation.aliasing_db(naive, rate, ALIAS_HZ)}
    g = signals.guitar(rate, 2.0)
    points = np.array([[0.0, 5], [5, 5], [10, 5]])
    loud = run(reference, rate, np.broadcast_to(g, (3, len(g))), points[:, :1], points[:, 1:])
    out["k_weighted_gain_db_of_guitar"] = {
        str(int(p[0])): round(evaluation.k_weighted_db(y, rate) - evaluation.k_weighted_db(g, rate), 2)
        for p, y in zip(points, loud)}
    return out


def plate(volts):
    """The static curve at bias 5 without any care for aliasing, for comparison."""
    vk = float(circuit.rest(np.array(5.0)))
    e = np.arange(circuit.E_LOW, circuit.E_HIGH, 0.05)
    return np.interp(volts - vk, e, circuit.solve(e, vk)[2])


LINES = (
    ("ESR pooled over all segments", lambda s: "%.3f %%" % s["esr_percent_pooled"]),
    ("segments above 3 %% of %d" % SEGMENTS, lambda s: str(s["segments_above_3_percent"])),
    ("peak for silence, knobs moving", lambda s: "%g" % s["silence_peak"]),
    ("DC left of a sine, largest of four settings", lambda s: "%.1e" % s["dc_largest"]),
    ("aliasing of a %d Hz sine at −6 dBFS, gain 10: model / circuit / the curve once a frame" % ALIAS_HZ,
     lambda s: "%.0f / %.0f / %.0f dB" % tuple(s["aliasing_db"][k] for k in ("model", "circuit", "curve_once_a_frame"))),
    ("loudness (K-weighted) of a guitar against the input at gain 0 / 5 / 10",
     lambda s: " / ".join("%+.1f dB" % s["k_weighted_gain_db_of_guitar"][k] for k in ("0", "5", "10"))),
)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--work", default="/tmp/continuo-tube")
    a = p.parse_args()
    scores = {}
    for rate in (44100, 48000):
        if os.path.exists(os.path.join(HERE, "tube-%d.json" % rate)):
            scores[str(rate)] = s = score(rate, a.work)
            print(rate, s["esr_percent"], {k: v["esr_percent"] for k, v in s["by_gain"].items()},
                  s["moving"]["esr_percent"], s["aliasing_db"], s["dc_largest"], s["silence_peak"], flush=True)
    evaluation.publish(HERE, scores, evaluation.table(scores, "gain", LINES))


if __name__ == "__main__":
    main()
