# SPDX-License-Identifier: Apache-2.0
"""Trains the melody model. Say OPENBLAS_NUM_THREADS=1: with more, threads that wait cost more than they do.

  python3 train.py POP909_FOLDER JSB16.npz --work FOLDER [--minutes 38] [--until EPOCH_SECONDS] [--seed 5]
"""

import argparse
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "common"))

import grid as g
import grid_training
import songs
import windows
from grid_transformer import Config, GridTransformer

CONFIG = Config(width=128, heads=4, hidden=480, encoder_layers=2, decoder_layers=4, grid_fields=g.GRID_FIELDS,
                token_fields=g.TOKEN_FIELDS, vocabulary=g.VOCABULARY, grid_window=64, token_window=256)


def validation(kept, seed, batches=3, rows=10, **how):
    """8 bars of the songs' own signature."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(batches):
        pieces = [kept.draw(rng, windows.FOUR, 128) for _ in range(rows)]
        out.append(windows.batch_of([windows.row(piece, rng, **how) for piece in pieces]))
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pop909")
    parser.add_argument("chorales")
    parser.add_argument("--work", required=True)
    parser.add_argument("--minutes", type=float, default=38)
    parser.add_argument("--until", type=float)
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    os.makedirs(arguments.work, exist_ok=True)
    everything = songs.load(arguments.pop909, arguments.chorales, os.path.join(arguments.work, "songs.npy"))
    training = windows.Songs([s for s in everything if s["split"] == "train"])
    kept = windows.Songs([s for s in everything if s["split"] == "valid" and s["style"] == songs.POP])
    network = GridTransformer(CONFIG)
    print("parameters", network.parameter_count(), flush=True)
    validations = {"mixed": validation(kept, 1, batches=4), "new": validation(kept, 2, mode="new", chords="hidden"),
                   "infill": validation(kept, 3, mode="infill", chords="with melody")}
    grid_training.train(network, lambda rng: windows.make_batch(training, rng), validations, arguments.work,
                        arguments.minutes, arguments.seed, log_every=100, until=arguments.until)


if __name__ == "__main__":
    main()
