#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes golden/ and model.json: ./make_package.py --data .../jsb16.npz"""

import argparse

import train
import numpy as np

import data
import evaluate
import notes_package

STEPS = 160  # 640 cells: past the window of 512


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    piece = data.Piece(next(p for p in data.load(parser.parse_args().data)["test"] if len(p) >= STEPS))
    given = np.zeros((STEPS, data.VOICES), bool)
    given[:, 0] = True
    row = piece.example(0, STEPS, given, known=evaluate.TOLD)
    notes_package.write_golden(train.HERE, "chorale", row["grid"], row["token"], row["step"], row["position"],
                               {"fused": 2e-3, "torch": 2e-3})
    variants = [{"id": "fused", "file": "chorale.safetensors", "precision": "PRECISION_FP16", "executor": "fused"},
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
