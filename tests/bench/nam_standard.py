#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a package of a WaveNet in the shape of NAM's "standard", or of an LSTM, with random
weights, to be measured and not to be heard:

    nam_standard.py DIR; CONTINUO_MODEL_PATH=DIR continuoctl bench --model nam-standard …
    nam_standard.py DIR --lstm 16; … --model nam-lstm-16

Weights begin as PyTorch begins with them, so that the signal keeps its size."""

import argparse
import hashlib
import json
import math
import pathlib
import random

DILATIONS = [1 << i for i in range(10)]
ARRAYS = [  # inputs, channels, head size, head bias
    (1, 16, 8, False),
    (16, 8, 1, True),
]
TAPS = 3


def lstm(hidden):
    draw = random.Random(1)
    bound = 1 / math.sqrt(hidden)
    count = 4 * hidden * (1 + hidden) + 4 * hidden + 2 * hidden + hidden + 1
    return {"version": "0.5.4", "architecture": "LSTM", "sample_rate": 48000,
            "config": {"num_layers": 1, "input_size": 1, "hidden_size": hidden},
            "weights": [draw.uniform(-bound, bound) for _ in range(count)]}


def wavenet():
    draw = random.Random(1)
    layers, weights = [], []

    def add(count, fan_in):
        bound = 1 / math.sqrt(fan_in)
        weights.extend(draw.uniform(-bound, bound) for _ in range(count))

    for inputs, channels, head, bias in ARRAYS:
        layers.append({
            "input_size": inputs, "condition_size": 1, "head_size": head, "channels": channels,
            "kernel_size": TAPS, "dilations": DILATIONS, "activation": "Tanh", "gated": False,
            "head_bias": bias})
        add(channels * inputs, inputs)
        for _ in DILATIONS:
            add(channels * channels * TAPS + channels, channels * TAPS)
            add(channels, 1)
            add(channels * channels + channels, channels)
        add(head * channels + (head if bias else 0), channels)
    weights.append(0.02)  # the head's scale
    return {"version": "0.5.4", "architecture": "WaveNet", "sample_rate": 48000,
            "config": {"layers": layers, "head": None, "head_scale": 0.02}, "weights": weights}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--lstm", type=int, metavar="UNITS")
    options = parser.parse_args()
    model = lstm(options.lstm) if options.lstm else wavenet()
    name = f"nam-lstm-{options.lstm}" if options.lstm else "nam-standard"
    package = options.directory / name / "1.0.0"
    package.mkdir(parents=True, exist_ok=True)
    text = json.dumps(model).encode()
    (package / "model.nam").write_bytes(text)
    manifest = {
        "schema": 1, "id": name, "version": "1.0.0", "name": f"{name}, random",
        "summary": "The shape of a network alone, for measurements.",
        "task": "TASK_AUDIO_EFFECT", "executor": "fused",
        "audio": {"input_channels": 1, "output_channels": 1, "latency_frames": 0, "tail_ms": 50.0,
                  "maximum_block_frames": 4096},
        "variants": [{"id": "fp32-48000", "sample_rate_hz": 48000, "file": "model.nam",
                      "precision": "PRECISION_FP32",
                      "weights_bytes": 4 * len(model["weights"])}],
        "license": "Apache-2.0", "attribution": "Continuo contributors",
        "provenance": {"description": "None: the weights are random."},
        "minimum_daemon_version": "0.1.0",
        "files": [{"path": "model.nam", "size_bytes": len(text),
                   "sha256": hashlib.sha256(text).hexdigest()}],
    }
    (package / "model.json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(package)


if __name__ == "__main__":
    main()
