#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the chorale model: ./train.py --data .../jsb16.npz --minutes 50 --work DIR [--seed 1]

Minutes are of processor time. The validation that chooses the weights kept is the likelihood of whole
pieces, every second one, with nothing given and no condition told.
"""

import argparse
import os
import sys

# One thread, and memory that is kept between steps: without these the same step takes longer by half.
SETTINGS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_MMAP_THRESHOLD_": str(1 << 32),
            "MALLOC_TRIM_THRESHOLD_": str(1 << 33), "MALLOC_TOP_PAD_": str(1 << 30)}
if sys.argv[0].endswith(("train.py", "evaluate.py")) and any(os.environ.get(k) != v for k, v in SETTINGS.items()):
    os.execve(sys.executable, [sys.executable] + sys.argv, {**os.environ, **SETTINGS})

import numpy as np  # noqa: E402
import torch  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "common"))

import data  # noqa: E402
import grid_training  # noqa: E402
from grid_transformer import Config, GridTransformer  # noqa: E402

WIDTH, HEADS, HIDDEN, ENCODER_LAYERS, DECODER_LAYERS = 128, 4, 512, 2, 4
GRID_WINDOW, TOKEN_WINDOW = 64, 512  # the repeats of chorales lie up to 96 steps apart, 384 cells
DROPOUT = 0.1
CROPS = ((64, 8), (96, 5), (128, 4))  # steps, rows
CROP_CHANCES = (0.3, 0.3, 0.4)


def config():
    return Config(WIDTH, HEADS, HIDDEN, ENCODER_LAYERS, DECODER_LAYERS, [n for _, n in data.GRID_FIELDS],
                  [n for _, n in data.TOKEN_FIELDS], data.VOCABULARY, GRID_WINDOW, TOKEN_WINDOW)


def batch_of(rows):
    return {k: torch.from_numpy(np.stack([r[k] for r in rows])) for k in rows[0]}


def validation(pieces, given_voices=(), known=()):
    out = []
    for p in pieces:
        given = np.zeros(p.pitches.shape, bool)
        given[:, list(given_voices)] = True
        out.append(batch_of([p.example(given=given, known=known)]))
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--minutes", type=float, default=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found = data.load(arguments.data)
    pieces = [data.Piece(p) for p in found["train"]]
    valid = [data.Piece(p) for p in found["valid"]]
    by_length = {}
    for steps, _ in CROPS:
        long = [p for p in pieces if len(p.pitches) >= steps]
        lengths = np.array([len(p.pitches) for p in long], float)
        by_length[steps] = long, lengths / lengths.sum()
    network = GridTransformer(config(), DROPOUT)
    print(network.parameter_count(), "parameters", flush=True)

    def make_batch(rng):
        steps, rows = CROPS[rng.choice(len(CROPS), p=CROP_CHANCES)]
        return batch_of([data.random_example(rng, *by_length[steps], steps) for _ in range(rows)])

    grid_training.train(network, make_batch,
                        {"valid": validation(valid[::2]), "valid_melody": validation(valid[::6], (0,)),
                         "valid_told": validation(valid[::6], (), data.CONDITIONS)},
                        arguments.work, arguments.minutes, arguments.seed, log_every=400)


if __name__ == "__main__":
    main()
