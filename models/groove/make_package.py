#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes golden/ and model.json. The golden piece is the model's own: no data is needed, nor kept."""

import os

import numpy as np

import train
import cells
import notes_package
import sample
from grid_transformer import load_safetensors

BARS, BAR, SEED = 10, 16, 808  # about 360 cells: past the window of 256
GIVEN = [0, 1]  # kick and snare stand, with velocity and timing


def golden_piece():
    """Ten bars of funk written by the model, as the rows of a request for all but kick and snare."""
    network, metadata = load_safetensors(os.path.join(train.HERE, "groove.safetensors"))
    steps = BARS * BAR
    grid = np.zeros((steps, len(cells.GRID_FIELDS)), np.int64)
    grid[:, cells.BAR_STEP] = 1 + np.arange(steps) % BAR
    grid[:, cells.SIGNATURE] = cells.signature_code(4, 4)
    grid[:, cells.STYLE] = 1 + cells.STYLES.index("funk")
    grid[:, cells.TEMPO] = cells.tempo_code(104)
    grid[:, cells.FILL] = 1
    nothing = np.zeros((steps, cells.VOICE_COUNT), np.int8)
    row = sample.Row(grid, nothing, nothing + cells.OFFSETS // 2, nothing > 0)
    sample.write(network, [row], metadata["temperature"], metadata["top_p"], np.random.default_rng(SEED))
    # As the composer tells it: the density is the input's, and whether it is a fill is not known.
    shown = grid.copy()
    shown[:, cells.DENSITY] = cells.density_code(cells.density_of(row.velocity))
    shown[:, cells.FILL] = 0
    shown[:, GIVEN] = np.where(row.velocity[:, GIVEN] > 0, cells.FIRST_VELOCITY - 1 + row.velocity[:, GIVEN], cells.NO_HIT)
    timed = np.zeros_like(nothing, bool)
    timed[:, GIVEN] = row.velocity[:, GIVEN] > 0
    count = timed.sum(1)
    mean = np.rint(np.where(timed, row.offset, 0).sum(1) / np.maximum(count, 1))
    shown[:, cells.TIMING] = np.where(count > 0, 1 + mean, 0)
    token, step, position, _, _ = cells.write_cells(row.velocity, row.offset, shown, timed)
    return shown, token, step, position


def main():
    notes_package.write_golden(train.HERE, "groove", *golden_piece(), {"fused": 2e-3, "torch": 2e-3})
    variants = [{"id": "fused", "file": "groove.safetensors", "precision": "PRECISION_FP16", "executor": "fused"},
                {"id": "torch", "file": "groove.pt", "precision": "PRECISION_FP32", "executor": "torch"}]
    head = {
        "id": "groove", "version": "1.0.0", "name": "Groove",
        "summary": "Drums as drummers played them, with velocity and micro-timing: new ones by style and density, "
                   "feel for a pattern that has none, voices or bars that are missing, what comes next.",
        "task": "TASK_NOTES", "executor": "fused",
        "notes": {"tasks": ["drums", "humanize", "infill", "continue", "vary"], "composer": "groove",
                  "voices": cells.VOICES, "styles": cells.STYLES,
                  "signatures": ["%d/%d" % s for s in cells.SIGNATURES] + ["5/8"],
                  "steps_per_quarter": 4, "maximum_bars": 64}}
    tail = {
        "license": "CC-BY-4.0",
        "attribution": "Continuo contributors; trained on the Groove MIDI Dataset, Google LLC (CC BY 4.0): Gillick, Roberts, "
                       "Engel, Eck and Bamman, Learning to Groove with Inverse Sequence Transformations (ICML 2019)",
        "provenance": {
            "description": "Trained by us on the Groove MIDI Dataset: ten drummers on an electronic kit.",
            "data": ["Groove MIDI Dataset, CC-BY-4.0, https://magenta.tensorflow.org/datasets/groove: 897 "
                     "performances for training, 124 for validation, 129 for the test (its own split)"],
            "script": "models/groove/train.py"},
        "minimum_daemon_version": "0.1.0"}
    notes_package.write_manifest(train.HERE, head, variants, tail)


if __name__ == "__main__":
    main()
