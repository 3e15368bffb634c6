#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains and exports `drive` at one rate.

  nice -n 5 ./train.py --rate 48000 --minutes 40
  nice -n 5 ./train.py --rate 44100 --minutes 40 [--from /tmp/continuo-drive/48000/last.ckpt]
  ./train.py --rate 48000 --export-only        # from the best checkpoint
  ./train.py --rate 48000 --quick              # everything in about a minute, as a smoke test

Data and checkpoints go to --work (default /tmp/continuo-drive); a run that finds its own
checkpoint there goes on from it. The tree gets drive-<rate>.pt and training-log-<rate>.csv
(not in --quick, which leaves both under --work).
"""

import argparse
import os
import sys

import numpy as np
import torch
from scipy import signal

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "common"))
import circuit  # noqa: E402
import filters  # noqa: E402
import network  # noqa: E402
import signals  # noqa: E402
import tcn  # noqa: E402

SEGMENT_S = 0.5
KNOBS = [signals.bands(0.35), signals.bands(0.65)]  # drive, tone


def build_set(seed, count, rate, n, chunk=512):
    """Couplings' outputs, targets and knobs of `count` segments: dict of float32 arrays."""
    (bu, au), (bc, ac) = network.input_filters(rate)
    out = {k: [] for k in ("u", "c", "rf", "y", "k")}
    for first in range(0, count, chunk):
        x, (drive, tone), _ = signals.segments(seed, first, min(chunk, count - first), n, rate, KNOBS)
        before, _ = circuit.simulate(x, drive, tone, rate)
        u = signal.lfilter(bu, au, x, axis=1)
        c = signal.lfilter(bc, ac, x, axis=1)
        knobs, rf = network.knob_features(drive[:, 0], tone[:, 0])
        out["u"].append(u.astype(np.float32))
        out["c"].append(c.astype(np.float32))
        out["rf"].append(rf.astype(np.float32))
        out["y"].append(before.astype(np.float32))
        out["k"].append(knobs.astype(np.float32))
    return {k: np.concatenate(v) for k, v in out.items()}


def load_set(work, name, seed, count, rate, n):
    path = os.path.join(work, "%s-%d-%d.npz" % (name, rate, count))
    data = tcn.cached(path, lambda: build_set(seed, count, rate, n))
    data = {k: torch.from_numpy(v) for k, v in data.items()}
    # The network's inputs, as network.Pedal computes them.
    u, c, rf = data.pop("u"), data.pop("c"), data.pop("rf")
    f = torch.empty(len(u), network.FEATURES, n)
    f[:, 0], f[:, 1] = u * network.INPUT_GAIN, c * network.INPUT_GAIN
    w = torch.tensor(filters.phase_filters(), dtype=torch.float32)[:, None]
    for i in range(0, count, 64):
        p = torch.nn.functional.pad(c[i:i + 64, None], (w.shape[2] - 1, 0))
        f[i:i + 64, 2:] = network.quasi_static(torch.nn.functional.conv1d(p, w), rf[i:i + 64, None, None])
    data["f"] = f
    late = network.LATENCY_FRAMES
    data["y"] = torch.nn.functional.pad(data["y"], (late, 0))[:, :n]
    return data


def main():
    p = argparse.ArgumentParser()
    tcn.add_arguments(p, "/tmp/continuo-drive")
    a = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(a.seed)
    valid_count = 192
    n = int(SEGMENT_S * a.rate)
    if a.quick:
        a.segments, valid_count, a.minutes, a.name, n = 96, 24, 0.4, "quick", a.rate // 8
    work = os.path.join(a.work, a.name + str(a.rate))
    os.makedirs(work, exist_ok=True)
    tree = work if a.name else HERE
    if not a.export_only:
        data_dir = work if a.quick else a.work
        train = load_set(data_dir, "train", signals.TRAIN_SEED, a.segments, a.rate, n)
        valid = load_set(data_dir, "valid", signals.VALID_SEED, valid_count, a.rate, n)
        student = tcn.Student(tcn.config_of(a, network.FEATURES))
        tcn.fit(student, train, valid, a, work, os.path.join(tree, "training-log-%d.csv" % a.rate))
    network.export(tcn.load_best(work), a.rate, os.path.join(tree, "drive-%d.pt" % a.rate))


if __name__ == "__main__":
    main()
