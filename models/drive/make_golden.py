#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes golden/: input, parameters and expected output of each drive-*.pt.

golden-<rate>-input.f32 and golden-<rate>-expected.f32 are raw little-endian float32 mono,
0.5 s; the knobs step at mid-file (a frame that is no multiple of 64). Expected values come
from the module itself in blocks of 64. The tolerance is 1e-5; the file says how far
other block sizes were measured to be off. Parameters are applied as given: no smoothing.
"""

import json
import os

import numpy as np
import torch

import signals
from evaluate import BLOCKS, HERE, run

SEED = 808
FIRST = {"drive": 3.0, "tone": 7.0, "level": 0.0}
SECOND = {"drive": 8.5, "tone": 4.0, "level": -3.0}


def main():
    torch.set_num_threads(1)
    os.makedirs(os.path.join(HERE, "golden"), exist_ok=True)
    cases = []
    for rate in (44100, 48000):
        n = rate // 2
        x = (signals.guitar(rate, 0.5, seed=SEED) * 1.5).astype(np.float32)
        x[:rate // 50] = 0
        change = n // 2 + 13
        params = np.empty((3, n), np.float32)
        for row, name in enumerate(("drive", "tone", "level")):
            params[row, :change], params[row, change:] = FIRST[name], SECOND[name]
        module = torch.jit.load(os.path.join(HERE, "drive-%d.pt" % rate))
        y = run(module, x, params, 64)
        worst = max(float(np.abs(run(module, x, params, b) - y).max()) for b in BLOCKS)
        names = {k: "golden-%d-%s.f32" % (rate, k) for k in ("input", "expected")}
        x.astype("<f4").tofile(os.path.join(HERE, "golden", names["input"]))
        y.astype("<f4").tofile(os.path.join(HERE, "golden", names["expected"]))
        cases.append({"variant": "fp32-%d" % rate, "sample_rate_hz": rate, "channels": 1, "frames": n,
                      "block_frames": 64, "input": names["input"], "expected": names["expected"],
                      "parameters": [{"at_frame": 0, "values": FIRST}, {"at_frame": change, "values": SECOND}],
                      "smoothing": False, "tolerance": 1e-5,
                      "largest_difference_over_block_sizes": float("%.3g" % worst),
                      "expected_peak": round(float(np.abs(y).max()), 4)})
        print(rate, "peak %.3f, block sizes differ by %.2g" % (np.abs(y).max(), worst))
    with open(os.path.join(HERE, "golden", "golden.json"), "w") as f:
        json.dump({"schema": 1, "model": "drive", "format": "raw little-endian float32, mono", "seed": SEED,
                   "cases": cases}, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
