#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes golden/ and model.json. With --bench FILE the costs are those of model_bench's JSON."""

import json
import os

import export
import package
from export import HERE


def preset(key, name, reduction, limit, gain):
    return {"id": key, "name": name, "values": {"reduction": reduction, "limit": limit, "gain": gain}}


def main():
    package.write_golden(HERE, "opto", export.PARAMETERS, {"reduction": 6.0, "limit": 0.0, "gain": 6.0},
                         {"reduction": 9.0, "limit": 8.0, "gain": 12.0}, export.reference, {"fused": 1e-6})
    variants = []
    for rate in package.RATES:
        name = "opto-%d.json" % rate
        with open(os.path.join(HERE, name)) as f:
            count = len(json.load(f)["weights"])
        variants.append({"id": "fused-%d" % rate, "sample_rate_hz": rate, "file": name,
                         "precision": "PRECISION_FP32", "weights_bytes": 4 * count,
                         "options": {"key_channels": "1"}})
    head = {
        "id": "opto", "version": "1.2.0", "name": "Opto",
        "summary": "An optical compressor: evens out voice, bass and guitar so gently that one hears it only when it is "
                   "switched off. The longer and harder it works, the slower it lets go.",
        "task": "TASK_AUDIO_EFFECT", "executor": "fused",
        "audio": {"input_channels": 1, "output_channels": 1, "latency_frames": 0,
                  # It hears its past for so long: its gain settles to 1e-6 in silence.
                  "tail_ms": 80000.0,
                  "maximum_block_frames": 4096},
        "parameters": [
            package.parameter("reduction", "Reduction", "", 0, 10, 5,
                              "How much loud passages are turned down. Turn it up until the sound sits still."),
            # Below, its ends are no further apart than at reduction 0: limit.py.
            {**package.parameter("limit", "Limit", "", 0, 10, 0,
                                 "0 compresses gently, about 3 to 1; up to 10 it holds peaks ever more firmly."),
             "conditions": [{"parameter": "reduction", "minimum": 1, "maximum": 10}]},
            package.parameter("gain", "Gain", "dB", 0, 36, 0,
                              "Makes up for the loudness that the reduction takes away.")],
        "presets": [
            preset("gentle-voice", "Gentle voice", 5.0, 0.0, 3.0),
            preset("even-bass", "Even bass", 6.5, 2.0, 6.0),
            preset("sustained-guitar", "Sustained guitar", 7.5, 3.0, 9.0),
            preset("firm-limit", "Firm limit", 7.0, 10.0, 8.0)]}
    tail = {
        "license": "Apache-2.0", "attribution": "Continuo contributors",
        "provenance": {
            "description": "Trained by us against an optical compressor (light panel, cell with two-stage release and "
                           "program dependence) solved by ourselves over synthesised signals; no recording was used.",
            "data": ["synthesised by models/common/signals.py, seeds 1701 (training), 2702 (validation), 9309 (test)",
                     "targets computed by models/opto/circuit.py"],
            "script": "models/opto/train.py"}}
    package.write_manifest(HERE, head, variants, tail, package.bench_argument())


if __name__ == "__main__":
    main()
