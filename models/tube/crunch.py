#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The macro Crunch: gain and level together, so that more crunch is not louder. Writes the card's table.

Loudness is K-weighted, against the input, of the file's reference at 48 kHz and bias 5: of the guitar of
signals.guitar, by which the ends were chosen, and of the first segment of each kind in a seed of its own.

  ./crunch.py
"""

import os
import re

import numpy as np

import evaluate
import evaluation
import export
import signals
import train

RATE = 48000
SEED, SEGMENTS = 9310, 20
DEFAULTS = {"gain": 5.0, "level": 0.0}
# What each is with the macro at 0 and at 10.
ENDS = {"gain": (2.0, 9.0), "level": (10.7, -12.0)}
POSITIONS = (0.0, 5.0, 7.5, 10.0)


def at(position):
    """Gain and level where the macro is at `position`, as the runner moves them (linear targets)."""
    share = abs(position - 5) / 5
    return [DEFAULTS[k] + share * (ENDS[k][position > 5] - DEFAULTS[k]) for k in ("gain", "level")]


def loudness(reference, x):
    """dB against the input at each position."""
    settings = np.array([at(p) for p in POSITIONS])
    y = evaluate.run(reference, RATE, np.broadcast_to(x, (len(POSITIONS), len(x))), settings[:, :1],
                     np.full((len(POSITIONS), 1), 5.0))
    dry = evaluation.k_weighted_db(x, RATE)
    return [evaluation.k_weighted_db(v, RATE) + level - dry for v, level in zip(y, settings[:, 1])]


def main():
    reference = export.reference(RATE)
    x, _, kinds = signals.segments(SEED, 0, SEGMENTS, 2 * RATE, RATE, train.KNOBS)
    rows = [("gain / level", ["%.1f / %+.1f dB" % tuple(at(p)) for p in POSITIONS]),
            ("**guitar**", ["%+.1f dB" % v for v in loudness(reference, signals.guitar(RATE, 2.0))])]
    for kind in sorted(set(kinds)):
        rows.append((kind, ["%+.1f dB" % v for v in loudness(reference, x[kinds.index(kind)])]))
    text = "| crunch | " + " | ".join("%g" % p for p in POSITIONS) + " |\n|---|" + "---|" * len(POSITIONS)
    text += "".join("\n| %s | %s |" % (name, " | ".join(cells)) for name, cells in rows)
    path = os.path.join(export.HERE, "README.md")
    with open(path) as f:
        card = f.read()
    card = re.sub(r"(<!-- crunch: begin -->\n).*(<!-- crunch: end -->)", lambda m: m[1] + text + "\n" + m[2], card, flags=re.S)
    with open(path, "w") as f:
        f.write(card)
    print(text)


if __name__ == "__main__":
    main()
