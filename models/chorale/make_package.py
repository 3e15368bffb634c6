#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes golden/ and model.json. The golden piece is the model's own: no data is needed, nor kept."""

import os

import train
import numpy as np

import data
import notes_package
import sample
from grid_transformer import load_safetensors

STEPS = 160  # 640 cells: past the window of 512
SEED = 808
KEY = 2 * 7  # G major
INT8_TOLERANCE = 1.0  # of a logit; measured: see tests/golden/chorale_test.cc


def golden_piece():
    """A chorale of ten bars written by the model, as the rows of its harmonisation: the melody given."""
    network, _ = load_safetensors(os.path.join(train.HERE, "chorale.safetensors"))
    step = np.arange(STEPS)
    strength = (step // data.STEPS_A_BEAT % 2 == 0).astype(np.int64)
    place = step % data.STEPS_A_BEAT * 3 + strength
    beats_left = np.minimum((STEPS - 1 - step) // data.STEPS_A_BEAT, data.BEATS_LEFT - 1)
    told = place, beats_left, data.PHRASE_UNKNOWN, KEY, data.DENSITY_UNKNOWN
    nothing = np.full((STEPS, data.VOICES), data.NONE)
    blank = data.grid_fields(nothing, np.zeros((STEPS, data.VOICES), bool), *told)
    values = data.value_of(sample.write(network, blank[None], nothing[None], strength[None], SEED)[0])
    given = np.zeros((STEPS, data.VOICES), bool)
    given[:, 0] = True
    cell = np.arange(STEPS * data.VOICES)
    return data.grid_fields(values, given, *told), data.token_fields(values, strength), cell // data.VOICES, cell


def main():
    notes_package.write_golden(train.HERE, "chorale", *golden_piece(), {"fused": 2e-3, "fused-int8": INT8_TOLERANCE, "torch": 2e-3})
    variants = [{"id": "fused", "file": "chorale.safetensors", "precision": "PRECISION_FP16", "executor": "fused"},
                {"id": "fused-int8", "file": "chorale.safetensors", "precision": "PRECISION_INT8", "executor": "fused",
                 "options": {"precision": "int8"}},
                {"id": "torch", "file": "chorale.pt", "precision": "PRECISION_FP32", "executor": "torch"}]
    head = {
        "id": "chorale", "version": "1.0.0", "name": "Chorale",
        "summary": "Four-part harmony in the manner of Bach's chorales: harmonises a melody or a bass, completes "
                   "missing voices or bars, goes on, varies, or writes a chorale from nothing.",
        "task": "TASK_NOTES", "executor": "fused",
        "notes": {"tasks": ["harmony", "continue", "infill", "vary"], "composer": "chorale",
                  "voices": ["soprano", "alto", "tenor", "bass"],
                  "signatures": ["4/4", "3/4", "2/4", "5/4", "6/4", "2/2", "3/2"],
                  "steps_per_quarter": data.STEPS_A_BEAT, "maximum_bars": 64}}
    tail = {
        "license": "Apache-2.0", "attribution": "Continuo contributors; after chorales of J. S. Bach (public domain)",
        "provenance": {
            "description": "Trained by us on the public-domain chorales of J. S. Bach, transposed within the voices' "
                           "ranges.",
            "data": ["JSB Chorales, 16th grid (jsb16.npz): 229 for training, 76 for validation, 77 for the test"],
            "script": "models/chorale/train.py"},
        "minimum_daemon_version": "0.1.0"}
    notes_package.write_manifest(train.HERE, head, variants, tail)


if __name__ == "__main__":
    main()
