#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Scores the shipped drive-*.pt against the circuit; writes scores.json and the card's table.

ESR = sum((y - t)^2) / sum(t^2) a segment, in percent; t is the circuit's output after the
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
import time

import numpy as np
import torch

import circuit  # noqa: F401  (sets the path to common)
import network
import signals
import train

HERE = os.path.dirname(os.path.abspath(__file__))
SEGMENTS = 240
SECONDS = 1.0
RANGES = (("low", 0.0, 3.4), ("medium", 3.4, 6.7), ("high", 6.7, 10.01))
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


def esr(y, t):
    return 100 * ((y - t) ** 2).sum(-1) / ((t ** 2).sum(-1) + 1e-12)


def emphasis(y):
    return y[..., 1:] - 0.85 * y[..., :-1]


def stats(values):
    v = np.asarray(values)
    return {"segments": len(v), "mean": round(float(v.mean()), 4), "median": round(float(np.median(v)), 4),
            "p95": round(float(np.quantile(v, 0.95)), 4), "worst": round(float(v.max()), 4)}


def smooth(steps, rate, tau_s=0.02):
    """What a host's 20 ms smoothing makes of stepped knob values."""
    a = np.exp(-1 / (tau_s * rate))
    out = np.empty_like(steps)
    s = steps[:, 0].copy()
    for i in range(steps.shape[1]):
        s = a * s + (1 - a) * steps[:, i]
        out[:, i] = s
    return out


def k_weighted_db(x, rate):
    """BS.1770-4 loudness without gating, relative to an arbitrary zero."""
    from scipy import signal
    # The standard's two filters, given at 48 kHz; the error at 44.1 kHz cancels in differences.
    y = signal.lfilter([1.53512485958697, -2.69169618940638, 1.19839281085285],
                       [1, -1.69065929318241, 0.73248077421585], x)
    y = signal.lfilter([1, -2, 1], [1, -1.99004745483398, 0.99007225036621], y)
    return 10 * np.log10((y ** 2).mean() + 1e-20)


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
    plain, emph = esr(y, target), esr(emphasis(y), emphasis(target))
    d = drive[:, 0]
    worst = np.argsort(plain)[::-1][:5]
    out = {
        "test_segments": SEGMENTS, "seconds_each": SECONDS,
        "esr_percent": stats(plain), "esr_percent_preemphasised": stats(emph),
        "esr_percent_pooled": round(float(100 * ((y - target) ** 2).sum() / (target ** 2).sum()), 4),
        "by_drive": {name: {"esr_percent": stats(plain[(d >= lo) & (d < hi)]),
                            "esr_percent_preemphasised": stats(emph[(d >= lo) & (d < hi)])}
                     for name, lo, hi in RANGES},
        "segments_above_3_percent": int((plain > 3).sum()),
        "by_kind": {k: {"esr_percent": stats(plain[np.array(kinds) == k]),
                        "esr_percent_preemphasised": stats(emph[np.array(kinds) == k])} for k in signals.KINDS},
        "worst_segments": [{"index": int(i), "kind": kinds[i], "drive": round(float(d[i]), 2),
                            "tone": round(float(tone[i, 0]), 2), "input_peak_dbfs":
                            round(float(20 * np.log10(np.abs(x[i]).max())), 1),
                            "esr_percent": round(float(plain[i]), 3),
                            "esr_percent_preemphasised": round(float(emph[i]), 3)} for i in worst],
    }

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


def cost(rate):
    """Microseconds a call in Python's LibTorch, one thread: (T -> median)."""
    module = torch.jit.load(os.path.join(HERE, "drive-%d.pt" % rate))
    g = torch.tensor(signals.guitar(rate, 1.0), dtype=torch.float32)[None, None]
    out = {}
    with torch.no_grad():
        for frames in (64, 256, 1024):
            p = torch.tensor([5.0, 5.0, 0.0])[None, :, None].repeat(1, 1, frames)
            state = module.initial_state()
            times = []
            for i in range(1200):
                at = (i * frames) % (rate - frames)
                x = g[:, :, at:at + frames].contiguous()
                start = time.perf_counter()
                _, state = module(x, p, state)
                times.append(time.perf_counter() - start)
            out[str(frames)] = round(float(np.median(times[200:])) * 1e6, 1)
    return out


def table(scores):
    """The model card's table."""
    cell = lambda v: "%.2f / %.2f / %.2f" % (v["mean"], v["p95"], v["worst"])
    rates = list(scores)
    out = ["ESR in percent: mean / 95th percentile / worst segment.", "",
           "| | " + " | ".join("%s Hz | %s Hz, pre-emphasised" % (r, r) for r in rates) + " |",
           "|---|" + "---|" * (2 * len(rates))]

    def row(name, get):
        cells = []
        for r in rates:
            v = get(scores[r])
            cells += [cell(v["esr_percent"]), cell(v["esr_percent_preemphasised"])]
        out.append("| %s | %s |" % (name, " | ".join(cells)))

    row("**whole knob range**", lambda s: s)
    for name, lo, hi in RANGES:
        row("drive %s (%.1f–%.1f)" % (name, lo, min(hi, 10)), lambda s: s["by_drive"][name])
    for kind in signals.KINDS:
        row(kind, lambda s: s["by_kind"][kind])
    row("moving knobs", lambda s: s["moving"])
    out += ["", "| | " + " | ".join("%s Hz" % r for r in rates) + " |", "|---|" + "---|" * len(rates)]

    def line(name, get):
        out.append("| %s | %s |" % (name, " | ".join(get(scores[r]) for r in rates)))

    line("ESR pooled over all segments", lambda s: "%.3f %%" % s["esr_percent_pooled"])
    line("segments above 3 %% of %d" % SEGMENTS, lambda s: str(s["segments_above_3_percent"]))
    line("peak for silence, knobs moving", lambda s: "%g" % s["silence_peak"])
    line("DC left of a sine with an offset of 0.2", lambda s: "%.1e" % s["dc_largest_of_asymmetric_sine"])
    line("largest difference over block sizes 1–1024",
         lambda s: "%.1e" % max(s["block_sizes_largest_difference"].values()))
    line("loudness (K-weighted) of a guitar against the input at drive 0 / 5 / 10",
         lambda s: " / ".join("%+.1f dB" % s["k_weighted_gain_db_of_guitar"][k] for k in ("0", "5", "10")))
    return "\n".join(out)


def write_card(scores):
    path = os.path.join(HERE, "README.md")
    with open(path) as f:
        text = f.read()
    begin, end = "<!-- scores: begin -->\n", "<!-- scores: end -->"
    head, rest = text.split(begin)
    with open(path, "w") as f:
        f.write(head + begin + table(scores) + "\n" + end + rest.split(end)[1])


def main():
    torch.set_num_threads(1)
    if "--targets" in sys.argv:
        for rate in (44100, 48000):
            test_set(rate)
        return
    path = os.path.join(HERE, "scores.json")
    out = {}
    for rate in (44100, 48000):
        if os.path.exists(os.path.join(HERE, "drive-%d.pt" % rate)):
            out[str(rate)] = score(rate)
            s = out[str(rate)]
            print(rate, "ESR %", s["esr_percent"], "\n  pre-emphasised", s["esr_percent_preemphasised"],
                  "\n  moving", s["moving"]["esr_percent"], flush=True)
            for name, v in s["by_drive"].items():
                print("  %-7s" % name, v["esr_percent"])
            with open(path, "w") as f:
                json.dump(out, f, indent=1)
                f.write("\n")
            write_card(out)
            print(json.dumps({k: v for k, v in s.items() if not k.startswith(("esr", "by_", "moving"))}, indent=1))


if __name__ == "__main__":
    main()
