# SPDX-License-Identifier: Apache-2.0
"""How models are scored, and the tables of their cards.

ESR = sum((y - t)^2) / sum(t^2) a segment, in percent. Means are over segments. Pre-emphasised: both
through 1 - 0.85 z^-1 first. Pooled: the summed error of all segments by their summed energy.
"""

import json
import os

import numpy as np


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


def aliasing_db(y, rate, hz):
    """Power of what is neither DC nor a harmonic of hz, against all but DC; y is one second
    that holds whole periods of hz (a whole number)."""
    power = np.abs(np.fft.rfft(y[:rate] * 1.0)) ** 2
    power[0] = 0
    rest = power.copy()
    rest[::hz] = 0
    return round(float(10 * np.log10(rest.sum() / power.sum() + 1e-20)), 1)


def scores_of(y, target, kinds, position, ranges, by):
    """The common part of scores.json; `position` is the knob that `ranges` divides."""
    plain, emph = esr(y, target), esr(emphasis(y), emphasis(target))
    both = lambda mask: {"esr_percent": stats(plain[mask]), "esr_percent_preemphasised": stats(emph[mask])}
    kinds = np.array(kinds)
    worst = np.argsort(plain)[::-1][:5]
    return {"test_segments": len(plain), **both(np.ones(len(plain), bool)),
            "esr_percent_pooled": round(float(100 * ((y - target) ** 2).sum() / (target ** 2).sum()), 4),
            "segments_above_3_percent": int((plain > 3).sum()),
            "by_" + by: {name: both((position >= lo) & (position < hi)) for name, lo, hi in ranges},
            "by_kind": {k: both(kinds == k) for k in sorted(set(kinds))},
            "worst_segments": [{"index": int(i), "kind": str(kinds[i]), by: round(float(position[i]), 2),
                                "esr_percent": round(float(plain[i]), 3)} for i in worst]}


RANGES = (("low", 0.0, 3.4), ("medium", 3.4, 6.7), ("high", 6.7, 10.01))


def table(scores, by, lines):
    """The model card's tables; lines: (name, scores of one rate -> text)."""
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
        row("%s %s (%.1f–%.1f)" % (by, name, lo, min(hi, 10)), lambda s: s["by_" + by][name])
    for kind in scores[rates[0]]["by_kind"]:
        row(kind, lambda s: s["by_kind"][kind])
    row("moving knobs", lambda s: s["moving"])
    out += ["", "| | " + " | ".join("%s Hz" % r for r in rates) + " |", "|---|" + "---|" * len(rates)]
    for name, get in lines:
        out.append("| %s | %s |" % (name, " | ".join(get(scores[r]) for r in rates)))
    return "\n".join(out)


def publish(here, scores, text):
    """scores.json, and the card's tables between its marks."""
    with open(os.path.join(here, "scores.json"), "w") as f:
        json.dump(scores, f, indent=1)
        f.write("\n")
    path = os.path.join(here, "README.md")
    with open(path) as f:
        card = f.read()
    begin, end = "<!-- scores: begin -->\n", "<!-- scores: end -->"
    head, rest = card.split(begin)
    with open(path, "w") as f:
        f.write(head + begin + text + "\n" + end + rest.split(end)[1])
