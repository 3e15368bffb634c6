#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""./export.py WORK/best.pt: writes melody.safetensors and melody.pt, with what daemon/generate/melody.cc reads."""

import sys

import train  # also says where the common modules are
import torch

import grid
import notes_package
import sample
import songs
from grid_transformer import GridTransformer

METADATA = {
    "format": "melody", "format_version": 1,
    "temperature": sample.TEMPERATURE, "top_p": sample.TOP_P,
    # What format 1 means, for those who read the weights alone.
    "steps_per_quarter": 4, "lowest_pitch": songs.LOWEST, "highest_pitch": songs.HIGHEST,
    "qualities": list(songs.QUALITIES), "chord_cell": grid.CHORD_CELL,
    "signatures": list(grid.SIGNATURES), "bar_steps": list(grid.BAR_STEPS), "chord_steps": list(grid.CHORD_STEPS),
    "grid_fields": ["melody", "chord", "place", "bar_density", "density", "key", "low", "high", "bars_left", "tempo",
                    "style"],
    "token_fields": ["previous", "is_chord", "sounding", "begun", "harmony", "age", "count"],
    "density_edges": list(grid.DENSITY_EDGES), "tempo_edges": list(grid.TEMPO_EDGES), "styles": ["pop", "chorale"]}


def main():
    network = GridTransformer(train.CONFIG, dropout=0.0)
    network.load_state_dict(torch.load(sys.argv[1])["network"])
    shipped = notes_package.export(train.HERE, "melody", network, METADATA)
    print(shipped.parameter_count(), "parameters")


if __name__ == "__main__":
    main()
