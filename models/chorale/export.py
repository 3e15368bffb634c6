#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""./export.py WORK/best.pt: writes chorale.safetensors and chorale.pt, with what daemon/generate/chorale.cc reads."""

import sys

import train
import torch

import data
import notes_package
import sample
from grid_transformer import GridTransformer

METADATA = {
    "format": "chorale", "format_version": 1,
    "low": data.LOW, "high": data.HIGH, "order": list(data.ORDER), "ranges": [list(r) for r in data.RANGES],
    "steps_per_quarter": data.STEPS_A_BEAT, "beats_left": data.BEATS_LEFT, "longest_hold": data.LONGEST_HOLD,
    "grid_fields": [name for name, _ in data.GRID_FIELDS], "token_fields": [name for name, _ in data.TOKEN_FIELDS],
    "density_edges": list(data.DENSITY_EDGES),
    "temperature": sample.TEMPERATURE, "top_p": sample.TOP_P, "penalty": sample.PENALTY}


def main():
    network = GridTransformer(train.config(), dropout=0.0)
    network.load_state_dict(torch.load(sys.argv[1])["network"])
    shipped = notes_package.export(train.HERE, "chorale", network, METADATA)
    print(shipped.parameter_count(), "parameters")


if __name__ == "__main__":
    main()
