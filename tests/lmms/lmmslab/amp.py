# SPDX-License-Identifier: Apache-2.0
"""A model of the cost of a guitar amp: NAM's WaveNet in its standard shape, with random weights."""

import hashlib
import json
import random

DILATIONS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
# inputs, channels, outputs of the head, whether that has a bias
ARRAYS = [(1, 16, 8, False), (16, 8, 1, True)]
MODEL = "wavenet-standard"


def _weights(source):
    """In NAM's order. Of a size that keeps the signal between full scale and silence."""
    def some(count, inputs):
        return [source.gauss(0, inputs ** -0.5) for _ in range(count)]

    weights = []
    for inputs, channels, head, bias in ARRAYS:
        weights += some(channels * inputs, inputs)
        for _ in DILATIONS:
            weights += some(3 * channels * channels, 3 * channels) + some(channels, 100)
            weights += some(channels, 1)
            weights += some(channels * channels, channels) + some(channels, 100)
        weights += some(head * channels, channels) + some(head if bias else 0, 100)
    return weights + [0.1]


def install(models):
    """Puts the package into a directory of models; its id."""
    layers = [{"input_size": inputs, "condition_size": 1, "head_size": head, "channels": channels, "kernel_size": 3,
               "dilations": DILATIONS, "activation": "Tanh", "gated": False, "head_bias": bias}
              for inputs, channels, head, bias in ARRAYS]
    weights = _weights(random.Random(3))
    text = json.dumps({"version": "0.5.4", "architecture": "WaveNet", "sample_rate": 44100, "weights": weights,
                       "config": {"layers": layers, "head": None, "head_scale": 0.1}}).encode()
    package = models / MODEL
    package.mkdir(parents=True)
    (package / "amp.nam").write_bytes(text)
    manifest = {
        "schema": 1, "id": MODEL, "version": "1.0.0", "name": "WaveNet standard", "summary": "Random weights.",
        "task": "TASK_AUDIO_EFFECT", "executor": "fused",
        "audio": {"input_channels": 1, "output_channels": 1, "latency_frames": 0, "tail_ms": 200,
                  "maximum_block_frames": 4096},
        "variants": [{"id": "fp32-44100", "sample_rate_hz": 44100, "file": "amp.nam", "precision": "PRECISION_FP32",
                      "weights_bytes": 4 * len(weights)}],
        "license": "Apache-2.0", "attribution": "The Continuo authors",
        "provenance": {"description": "Random numbers."}, "minimum_daemon_version": "0.1.0",
        "files": [{"path": "amp.nam", "size_bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}],
    }
    (package / "model.json").write_text(json.dumps(manifest))
    return MODEL
