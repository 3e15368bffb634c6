#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a package with a NAM WaveNet of the "standard" shape and random weights, to measure with.

Use: wavenet_package.py DIRECTORY   makes DIRECTORY/wavenet-standard/{model.json,model.nam}
     CONTINUO_MODEL_PATH=DIRECTORY continuoctl stream bench --model wavenet-standard
"""
import hashlib
import json
import pathlib
import random
import sys

DILATIONS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]


def array(inputs, channels, head, head_bias):
    return {"input_size": inputs, "condition_size": 1, "channels": channels, "head_size": head,
            "kernel_size": 3, "dilations": DILATIONS, "activation": "Tanh", "gated": False,
            "head_bias": head_bias}


def weight_count(layers):
    count = 1  # the head's scale
    for layer in layers:
        c, taps = layer["channels"], layer["kernel_size"]
        one = c * c * taps + c + c * layer["condition_size"] + c * c + c
        count += layer["input_size"] * c + len(layer["dilations"]) * one
        count += layer["head_size"] * (c + layer["head_bias"])
    return count


def network(seed):
    layers = [array(1, 16, 8, False), array(16, 8, 1, True)]
    chance = random.Random(seed)
    weights = [round(chance.uniform(-0.2, 0.2), 6) for _ in range(weight_count(layers))]
    weights[-1] = 0.02
    return {"version": "0.5.4", "architecture": "WaveNet", "sample_rate": 48000,
            "config": {"layers": layers, "head": None, "head_scale": 0.02}, "weights": weights}


def main():
    directory = pathlib.Path(sys.argv[1]) / "wavenet-standard"
    directory.mkdir(parents=True, exist_ok=True)
    text = json.dumps(network(1)).encode()
    (directory / "model.nam").write_bytes(text)
    field = 2 * 2 * sum(DILATIONS) + 1
    manifest = {
        "schema": 1, "id": "wavenet-standard", "version": "1.0.0", "name": "WaveNet standard",
        "summary": "Random weights in the standard shape, to measure with.",
        "task": "TASK_AUDIO_EFFECT", "executor": "fused",
        "audio": {"input_channels": 1, "output_channels": 1, "latency_frames": 0,
                  "tail_ms": round(1000 * field / 48000, 1), "maximum_block_frames": 4096},
        "variants": [{"id": "fp32-48000", "sample_rate_hz": 48000, "file": "model.nam",
                      "precision": "PRECISION_FP32", "weights_bytes": len(text)}],
        "license": "Apache-2.0", "attribution": "Continuo contributors",
        "provenance": {"description": "Random numbers."}, "minimum_daemon_version": "0.1.0",
        "files": [{"path": "model.nam", "size_bytes": len(text),
                   "sha256": hashlib.sha256(text).hexdigest()}]}
    (directory / "model.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
