#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Scores opto-*.json against the circuit; writes scores.json and the card's tables.

y is the file's reference in double precision, which the fused executor equals within 1e-6
(tests/golden); t the circuit's output, both at 0 dB of make-up gain. Test programmes (eight
seconds each, longer than those of training) and knob positions are those of
signals.TEST_SEED and its reserved bands.

  ./evaluate.py [--work WORK]     # keeps the circuit's answers, which take minutes
"""

import argparse
import os

import numpy as np

import circuit
import evaluation
import export
import signals
import tcn
import train
from evaluation import emphasis, esr, stats

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS, SECONDS, MOVING = 60, 8.0, 12


def score(rate, work):
    reference = export.reference(rate)
    x, reduction, limit = train.programs(signals.TEST_SEED, PROGRAMS, rate, SECONDS, test=True)
    n = x.shape[1]
    rng = np.random.default_rng([signals.TEST_SEED, 1])
    steps = rng.uniform(0, 10, (2, MOVING, 16)).repeat(int(np.ceil(n / 16)), axis=2)[:, :, :n]
    moving = [evaluation.smooth(s, rate) for s in steps]

    def solve():
        return {"still": circuit.simulate(x, reduction, limit, rate),
                "moving": circuit.simulate(x[:MOVING], *moving, rate)}

    os.makedirs(work, exist_ok=True)
    truth = tcn.cached(os.path.join(work, "test-%d-%d.npz" % (rate, PROGRAMS)), solve)
    g = reference.gain(x, reduction, limit)
    y, t = x * g, x * truth["still"]
    out = evaluation.scores_of(y, t, ["programme"] * PROGRAMS, reduction[:, 0], evaluation.RANGES, "reduction")
    error_db = 20 * np.log10(g / truth["still"])
    depth = -20 * np.log10(truth["still"])
    out["gain_error_db"] = {"mean_absolute": round(float(np.abs(error_db).mean()), 3),
                            "p95": round(float(np.quantile(np.abs(error_db), 0.95)), 3),
                            "p99": round(float(np.quantile(np.abs(error_db), 0.99)), 3)}
    out["gain_reduction_db"] = {"mean": round(float(depth.mean()), 2), "p95": round(float(np.quantile(depth, 0.95)), 2),
                                "largest": round(float(depth.max()), 2)}
    gm = reference.gain(x[:MOVING], *moving)
    ym, tm = x[:MOVING] * gm, x[:MOVING] * truth["moving"]
    out["moving"] = {"esr_percent": stats(esr(ym, tm)), "esr_percent_preemphasised": stats(esr(emphasis(ym), emphasis(tm)))}
    # A burst of two seconds: how long until half and nine tenths of the reduction (dB) are gone.
    s = np.arange(int(8 * rate)) / rate
    burst = (np.sin(2 * np.pi * 500 * s) * (s < 2) * 10 ** (-6 / 20))[None]
    six, low = np.array([[6.0]]), np.array([[0.0]])
    out["burst"] = {}
    for name, gain in (("model", reference.gain(burst, six, low)[0]), ("circuit", circuit.simulate(burst, six, low, rate)[0])):
        db = 20 * np.log10(gain)
        end = 2 * rate
        after = db[end:] / db[end - 1]
        out["burst"][name] = {"reduction_db": round(float(-db[end - 1]), 2),
                              "attack_ms_to_90_percent_of_the_first_100_ms": round(float(np.argmax(db < 0.9 * db[rate // 10]) * 1e3 / rate), 1),
                              "release_ms_to_half": round(float(np.argmax(after < 0.5) * 1e3 / rate)),
                              "release_ms_to_a_tenth": round(float(np.argmax(after < 0.1) * 1e3 / rate))}
    tone = 0.5 * np.sin(2 * np.pi * 4999 * s)[None, :2 * rate]
    out["aliasing_db"] = {
        who: evaluation.aliasing_db((tone * g)[0, -rate:], rate, 4999)
        for who, g in (("model", reference.gain(tone, six, low)), ("circuit", circuit.simulate(tone, six, low, rate)))}
    return out


def pair(key, sub, unit):
    return lambda s: " / ".join("%g %s" % (s[key][who][sub], unit) for who in ("model", "circuit"))


LINES = (
    ("ESR pooled over all programmes", lambda s: "%.3f %%" % s["esr_percent_pooled"]),
    ("programmes above 3 %% of %d" % PROGRAMS, lambda s: str(s["segments_above_3_percent"])),
    ("error of the gain: mean / 95th / 99th percentile of all frames",
     lambda s: "%.2f / %.2f / %.2f dB" % tuple(s["gain_error_db"][k] for k in ("mean_absolute", "p95", "p99"))),
    ("gain reduction in the test: mean / 95th percentile / largest",
     lambda s: "%.1f / %.1f / %.1f dB" % tuple(s["gain_reduction_db"][k] for k in ("mean", "p95", "largest"))),
    ("a 500 Hz burst of 2 s at reduction 6: gain reduction at its end, model / circuit", pair("burst", "reduction_db", "dB")),
    ("attack, model / circuit", pair("burst", "attack_ms_to_90_percent_of_the_first_100_ms", "ms")),
    ("release to half, model / circuit", pair("burst", "release_ms_to_half", "ms")),
    ("release to a tenth, model / circuit", pair("burst", "release_ms_to_a_tenth", "ms")),
    ("what is no harmonic of a 4999 Hz sine, the moving gain included, model / circuit",
     lambda s: "%.0f / %.0f dB" % (s["aliasing_db"]["model"], s["aliasing_db"]["circuit"])),
)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--work", default="/tmp/continuo-opto")
    a = p.parse_args()
    scores = {}
    for rate in (44100, 48000):
        if os.path.exists(os.path.join(HERE, "opto-%d.json" % rate)):
            scores[str(rate)] = s = score(rate, a.work)
            print(rate, s["esr_percent"], {k: v["esr_percent"] for k, v in s["by_reduction"].items()},
                  s["moving"]["esr_percent"], s["gain_error_db"], s["burst"], s["aliasing_db"], flush=True)
    evaluation.publish(HERE, scores, evaluation.table(scores, "reduction", LINES))


if __name__ == "__main__":
    main()
