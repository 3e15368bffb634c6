#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""./export.py WORK/best.pt: writes groove.safetensors and groove.pt, with what daemon/generate/groove_format.cc reads."""

import sys

import torch

import train
import cells
import notes_package
from grid_transformer import GridTransformer

# As trained: drawn from its own distribution.
TEMPERATURE, TOP_P = 1.0, 1.0
# Pitches of General MIDI that the data set's kit does not have, or has elsewhere.
MORE_PITCHES = {35: 0, 39: 1, 41: 4}

METADATA = {
    "format": "groove", "format_version": 1,
    "voices": cells.VOICES, "voice_pitches": cells.VOICE_PITCH,
    "voice_of_pitch": [cells.PITCH_VOICE.get(p, MORE_PITCHES.get(p, -1)) for p in range(128)],
    "styles": cells.STYLES, "signatures": ["%d/%d" % s for s in cells.SIGNATURES],
    "density_edges": cells.DENSITY_EDGES, "tempo_edges": cells.TEMPO_EDGES,
    "temperature": TEMPERATURE, "top_p": TOP_P}


def main():
    network = GridTransformer(train.config(), dropout=0.0)
    network.load_state_dict(torch.load(sys.argv[1])["network"])
    shipped = notes_package.export(train.HERE, "groove", network, METADATA)
    print(shipped.parameter_count(), "parameters")


if __name__ == "__main__":
    main()
