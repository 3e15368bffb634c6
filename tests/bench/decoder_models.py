#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes grid transformers with random weights for decoder_bench, each as .safetensors and as .pt.

    decoder_models.py FOLDER
"""
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "models/common"))
import grid_transformer  # noqa: E402

# That of the model melody, and the sizes between which models lie.
SIZES = {
    "melody": dict(width=128, heads=4, hidden=480, encoder_layers=2, decoder_layers=4,
                   grid_fields=[63, 122, 60, 8, 8, 25, 22, 22, 17, 8, 3], token_fields=[187, 2, 62, 62, 122, 18, 13],
                   vocabulary=186, grid_window=64, token_window=256),
    "small": dict(width=112, heads=4, hidden=336, encoder_layers=1, decoder_layers=3, grid_fields=[20, 13, 5],
                  token_fields=[60, 16, 4], vocabulary=60, grid_window=32, token_window=256),
    "large": dict(width=192, heads=4, hidden=768, encoder_layers=2, decoder_layers=5, grid_fields=[20, 13, 5],
                  token_fields=[150, 16, 4], vocabulary=150, grid_window=32, token_window=256),
}


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, size in SIZES.items():
        torch.manual_seed(1)
        network = grid_transformer.GridTransformer(grid_transformer.Config(**size), dropout=0.0).eval()
        grid_transformer.save_safetensors(folder / f"{name}.safetensors", network, {})
        torch.jit.script(network).save(str(folder / f"{name}.pt"))


main()
