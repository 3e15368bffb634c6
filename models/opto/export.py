#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes opto-<rate>.json, the weight files of the fused executor, of the best checkpoint.

  ./export.py [--work WORK]

Both rates have the weights trained at 48 kHz: a step of the network is the same time.

`reference` computes the same in double precision, for scores and golden vectors.
"""

import argparse
import json
import os
import sys

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "common"))
import circuit  # noqa: E402
import film_tcn  # noqa: E402
import network  # noqa: E402

PARAMETERS = ("reduction", "limit", "gain")
MEMORY_S = 30.0


def document(student, rate):
    db = lambda r: float(20 * np.log10(circuit.sidechain_gain(r)))
    config = {"hidden": student.hidden, "block_frames": network.block_frames(rate), "floor": network.FLOOR,
              "detector_db_at_0": db(0), "detector_db_a_unit": db(1) - db(0), "knob_maximum": 10,
              "level_minimum": 0, "level_maximum": 36}
    return film_tcn.document("gain_gru", rate, 0, PARAMETERS, config, student.flat().detach().numpy())


class Reference:
    """The file over a batch of whole signals, in float64."""

    def __init__(self, doc):
        c, w = doc["config"], torch.tensor(doc["weights"], dtype=torch.float64)
        self.student = network.Student(c["hidden"]).double()
        self.block_frames = c["block_frames"]
        for p in self.student.parts():
            p.data = w[:p.numel()].reshape(p.shape)
            w = w[p.numel():]
        assert len(w) == 0

    def gain(self, x, reduction, limit):
        """g [B, T] for x [B, T] and knobs [B, 1] or [B, T]."""
        frames, d = x.shape[1], self.block_frames
        fill = lambda k: np.pad(k, ((0, 0), (0, -frames % d)), mode="edge") if k.shape[1] > 1 else k
        x = np.pad(x, ((0, 0), (0, -frames % d)))
        u = network.block_features(x, fill(reduction), fill(limit), d)
        with torch.no_grad():
            log_gain, _ = self.student(torch.from_numpy(np.ascontiguousarray(u)))
        return network.gain_of(log_gain.numpy(), d)[:, :frames]

    def run(self, x, parameters):
        """x [T], parameters [3, T], as film_tcn.Reference."""
        g = self.gain(x[None], parameters[:1], parameters[1:2])[0]
        return x * g * 10 ** (np.clip(parameters[2], 0, 36) / 20)


def reference(rate):
    with open(os.path.join(HERE, "opto-%d.json" % rate)) as f:
        return Reference(json.load(f))


def hold(student):
    """Keeps units at 0 whose gate in silence remembers longer than MEMORY_S. They have hardly moved in any programme of
    the training, and would go on for many minutes, into what it never saw. Returns how many."""
    hidden = student.hidden
    u = network.block_features(np.zeros((1, 30 * 48000)), np.zeros((1, 1)), np.zeros((1, 1))).astype(np.float32)
    with torch.no_grad():
        _, h = student(torch.from_numpy(u))
        gate = slice(hidden, 2 * hidden)
        gru = student.gru
        z = torch.sigmoid(gru.weight_ih_l0[gate] @ torch.from_numpy(u[0, 0]) + gru.bias_ih_l0[gate] +
                          gru.weight_hh_l0[gate] @ h[0, 0] + gru.bias_hh_l0[gate])
        slow = z > 1 - network.BLOCK_FRAMES / 48000 / MEMORY_S
        gru.bias_ih_l0[gate][slow] += 40  # the gate is 1, in double precision too
    return int(slow.sum())


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--work", default="/tmp/continuo-opto")
    a = p.parse_args()
    b = torch.load(os.path.join(a.work, "48000", "best.ckpt"))
    student = network.Student(b["hidden"])
    student.load_state_dict(b["model"])
    print("validation ESR %.3f %%; units held: %d" % (b["esr"], hold(student)))
    for rate in (44100, 48000):
        film_tcn.write(os.path.join(HERE, "opto-%d.json" % rate), document(student, rate))


if __name__ == "__main__":
    main()
