#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains `groove` on the Groove MIDI data set (unpacked; its info.csv in --data).

  OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 nice ./train.py --data groove --work work --minutes 28

Data cache and checkpoints go to --work; a run that finds its own checkpoint there goes on from it. export.py makes
the package of work/best.pt.
"""

import argparse
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "common"))
import cells  # noqa: E402
import data  # noqa: E402
import grid_training  # noqa: E402
import grid_transformer  # noqa: E402

SEED = 9


def config():
    return grid_transformer.Config(width=128, heads=4, hidden=256, encoder_layers=2, decoder_layers=3,
                                   grid_fields=cells.GRID_FIELDS, token_fields=cells.TOKEN_FIELDS,
                                   vocabulary=cells.VOCABULARY, grid_window=64, token_window=256)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--minutes", type=float, default=28, help="of processor time")
    arguments = parser.parse_args()
    os.makedirs(arguments.work, exist_ok=True)
    pieces = data.load(arguments.data, os.path.join(arguments.work, "pieces.pt"))
    source, held = data.Source(pieces, "train"), data.Source(pieces, "validation")
    rng = np.random.default_rng(SEED)
    validations = {task: [held.batch(rng, task, (16, 4)) for _ in range(6 if task == "new" else 3)]
                   for task in data.TASKS}
    network = grid_transformer.GridTransformer(config(), dropout=0.1)
    print("parameters", network.parameter_count(), "pieces", len(source.pieces), len(held.pieces), flush=True)
    grid_training.train(network, source.batch, validations, arguments.work, arguments.minutes, SEED,
                        loss=data.loss_of, average_by=0.997)


if __name__ == "__main__":
    main()
