#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes golden/ and model.json. With --bench FILE the costs are those of model_bench's JSON."""

import os

import torch

import export
import network
import package
from evaluate import HERE

FIRST = {"drive": 3.0, "tone": 7.0, "level": 0.0}
SECOND = {"drive": 8.5, "tone": 4.0, "level": -3.0}


def weights_bytes(path):
    """Learned weights only, without the fixed filter tables."""
    m = torch.jit.load(path)
    tensors = list(m.parameters()) + list(m.convs)
    return sum(t.numel() * t.element_size() for t in tensors)


def preset(key, name, drive, tone, level):
    return {"id": key, "name": name, "values": {"drive": drive, "tone": tone, "level": level}}


def main():
    package.write_golden(HERE, "drive", export.PARAMETERS, FIRST, SECOND, export.reference,
                         {"fused": 1e-6, "torch": 1e-6})
    variants = []
    for rate in package.RATES:
        size = weights_bytes(os.path.join(HERE, "drive-%d.pt" % rate))
        for executor, name in (("fused", "drive-%d.json" % rate), ("torch", "drive-%d.pt" % rate)):
            variants.append({"id": "%s-%d" % (executor, rate), "sample_rate_hz": rate, "file": name,
                             "precision": "PRECISION_FP32", "weights_bytes": size, "executor": executor})
    parameter = package.parameter
    head = {
        "id": "drive", "version": "1.1.0", "name": "Drive",
        "summary": "A guitar overdrive pedal with soft diode clipping: drive, tone and level. Warm and "
                   "mid-forward; also thickens bass, synths and drums.",
        "task": "TASK_AUDIO_EFFECT", "executor": "fused",
        "audio": {"input_channels": 1, "output_channels": 1, "latency_frames": network.LATENCY_FRAMES, "tail_ms": 200.0,
                  "maximum_block_frames": 4096},
        "parameters": [
            parameter("drive", "Drive", "", 0, 10, 5,
                      "How hard the sound is pushed into distortion. Low: nearly clean with a little bite. "
                      "High: thick, singing sustain."),
            parameter("tone", "Tone", "", 0, 10, 5,
                      "Turn down for a dark, rounded sound, up for more brightness and edge."),
            parameter("level", "Level", "dB", -24, 12, 0,
                      "How loud the pedal is. At 0 dB a guitar comes out about as loud as it went in.")],
        "presets": [
            preset("clean-edge", "Clean edge", 0.5, 6.0, 2.0),
            preset("warm-rhythm", "Warm rhythm", 3.0, 4.0, 0.0),
            preset("classic-drive", "Classic drive", 5.0, 5.5, 0.0),
            preset("singing-lead", "Singing lead", 8.5, 6.0, -1.0),
            preset("bass-growl", "Bass growl", 6.0, 2.5, 0.0)]}
    tail = {
        "license": "Apache-2.0", "attribution": "Continuo contributors",
        "provenance": {
            "description": "Trained by us against an overdrive circuit (op-amp stage with diode clipping, tone "
                           "control) solved at 8x oversampling over synthesised signals; no recording was used.",
            "data": ["synthesised by models/common/signals.py, seeds 1701 (training), 2702 (validation), "
                     "9309 (test)",
                     "targets computed by models/drive/circuit.py"],
            "script": "models/drive/train.py"}}
    package.write_manifest(HERE, head, variants, tail, package.bench_argument())


if __name__ == "__main__":
    main()
