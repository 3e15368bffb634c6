#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes golden/ and model.json. The golden piece is the model's own: no data is needed, nor kept."""

import os

import train  # also says where the common modules are
import numpy as np

import grid as g
import notes_package
import sample
import windows
from grid_transformer import load_safetensors

BARS, SEED = 14, 909  # 280 cells: past the window of 256


def golden_piece():
    """Fourteen bars in D minor by the model, as the rows of a task that gives all but bars 5 to 8."""
    network, _ = load_safetensors(os.path.join(train.HERE, "melody.safetensors"))
    steps = BARS * g.BAR_STEPS[windows.FOUR]
    grid = g.empty_grid(steps, windows.FOUR)
    grid[:, g.KEY], grid[:, g.DENSITY], grid[:, g.TEMPO], grid[:, g.STYLE] = 1 + 2 + 12, 4, 4, 1
    grid[:, g.LOW], grid[:, g.HIGH] = g.pitch_bucket(57), g.pitch_bucket(76)
    grid[:, g.BARS_LEFT] = np.repeat(np.arange(BARS, 0, -1), 16)
    nothing = np.full((1, steps), sample.UNKNOWN)
    melody, chords, _ = sample.sample(network, grid[None], windows.FOUR, nothing, nothing, np.random.default_rng(SEED))
    shown = (np.arange(steps) // 16 < 4) | (np.arange(steps) // 16 >= 8)
    grid[:, g.MELODY], grid[:, g.CHORD] = np.where(shown, 1 + melody[0], 0), np.where(shown, 1 + chords[0], 0)
    _, tokens, step = g.cells_of(melody[0], chords[0], windows.FOUR)
    return grid, tokens, step, step


def main():
    notes_package.write_golden(train.HERE, "melody", *golden_piece(), {"fused": 2e-3, "torch": 2e-3})
    variants = [{"id": "fused", "file": "melody.safetensors", "precision": "PRECISION_FP16", "executor": "fused"},
                {"id": "torch", "file": "melody.pt", "precision": "PRECISION_FP32", "executor": "torch"}]
    head = {
        "id": "melody", "version": "1.0.0", "name": "Melody",
        "summary": "A melody with chords: new, going on from yours, filling bars between others, or a variation; in "
                   "the key, scale, signature, tempo, range and density that you say, over your chords if you have any.",
        "task": "TASK_NOTES", "executor": "fused",
        "notes": {"tasks": ["melody", "continue", "infill", "vary"], "composer": "melody",
                  "voices": ["melody", "chords"], "styles": ["pop", "chorale"],
                  "signatures": ["4/4", "3/4", "5/4", "6/8"], "steps_per_quarter": 4, "maximum_bars": 64}}
    tail = {
        "license": "Apache-2.0",
        "attribution": "Continuo contributors; trained on POP909 (MIT, Music X Lab) and chorales of J. S. Bach "
                       "(public domain)",
        "provenance": {
            "description": "Trained by us on melodies, chords and keys of POP909, quantised between its beats, and on "
                           "soprano lines of J. S. Bach's chorales, with chords found from their four voices. 5/4 and "
                           "6/8 were made from songs in 4/4.",
            "data": ["POP909 (MIT): 909 songs; split by the hash of their numbers",
                     "JSB Chorales, 16th grid (jsb16.npz), soprano and chords (public domain)"],
            "script": "models/melody/train.py"},
        "minimum_daemon_version": "0.1.0"}
    notes_package.write_manifest(train.HERE, head, variants, tail)


if __name__ == "__main__":
    main()
