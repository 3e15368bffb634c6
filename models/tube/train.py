#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains `tube`; what is shipped at both rates was trained at 48 kHz (export.py).

  nice -n 5 ./train.py --rate 48000 --minutes 40
  ./train.py --rate 48000 --quick              # everything in about a minute, as a smoke test

Data and checkpoints go to --work; a run that finds its own checkpoint there goes on from it.
The tree gets tube-<rate>.json and training-log-<rate>.csv (in --quick both stay under --work).
"""

import argparse
import os
import sys

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "common"))
import circuit  # noqa: E402
import network  # noqa: E402
import signals  # noqa: E402
import tcn  # noqa: E402

SEGMENT_S = 0.5
KNOBS = [signals.bands(0.35), signals.bands(0.65)]  # gain, bias


def build_set(seed, count, rate, n, chunk=768):
    out = {k: [] for k in ("f", "y", "k")}
    for first in range(0, count, chunk):
        x, (gain, bias), _ = signals.segments(seed, first, min(chunk, count - first), n, rate, KNOBS)
        before, _ = circuit.simulate(x, gain, bias, rate)
        late = network.LATENCY_FRAMES
        out["y"].append(np.pad(before, ((0, 0), (late, 0)))[:, :n].astype(np.float32))
        out["f"].append(network.Front(rate, len(x)).run(x, gain, bias).astype(np.float32))
        out["k"].append(network.knob_features(gain[:, 0], bias[:, 0]).astype(np.float32))
        print("segments", first, "to", first + len(x), flush=True)
    return {k: np.concatenate(v) for k, v in out.items()}


def load_set(work, name, seed, count, rate, n):
    path = os.path.join(work, "%s-%d-%d.npz" % (name, rate, count))
    data = tcn.cached(path, lambda: build_set(seed, count, rate, n))
    return {k: torch.from_numpy(v) for k, v in data.items()}


def main():
    p = argparse.ArgumentParser()
    tcn.add_arguments(p, "/tmp/continuo-tube")
    a = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(a.seed)
    valid_count, n = 96, int(SEGMENT_S * a.rate)
    if a.quick:
        a.segments, valid_count, a.minutes, a.name, n = 64, 16, 0.4, "quick", a.rate // 16
    work = os.path.join(a.work, a.name + str(a.rate))
    os.makedirs(work, exist_ok=True)
    tree = work if a.name else HERE
    if not a.export_only:
        data_dir = work if a.quick else a.work
        valid = load_set(data_dir, "valid", signals.VALID_SEED, valid_count, a.rate, n)
        train = load_set(data_dir, "train", signals.TRAIN_SEED, a.segments, a.rate, n)
        student = tcn.Student(tcn.config_of(a, network.FEATURES))
        tcn.fit(student, train, valid, a, work, os.path.join(tree, "training-log-%d.csv" % a.rate))


if __name__ == "__main__":
    main()
