#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes golden/ and model.json. With --bench FILE the costs are those of model_bench's JSON."""

import json
import os

import crunch
import export
import network
import package
from export import HERE


def preset(key, name, gain, bias, level):
    return {"id": key, "name": name, "values": {"gain": gain, "bias": bias, "level": level}}


def main():
    package.write_golden(HERE, "tube", export.PARAMETERS, {"gain": 4.0, "bias": 7.0, "level": 0.0},
                         {"gain": 8.5, "bias": 2.0, "level": -6.0}, export.reference, {"fused": 1e-6})
    variants = []
    for rate in package.RATES:
        name = "tube-%d.json" % rate
        with open(os.path.join(HERE, name)) as f:
            count = len(json.load(f)["weights"])
        variants.append({"id": "fused-%d" % rate, "sample_rate_hz": rate, "file": name,
                         "precision": "PRECISION_FP32", "weights_bytes": 4 * count})
    head = {
        "id": "tube", "version": "1.1.0", "name": "Tube",
        "summary": "A triode preamp stage: from clean warmth to a blooming, asymmetric crunch that breathes with "
                   "the playing. For guitar, bass, keys and drums.",
        "task": "TASK_AUDIO_EFFECT", "executor": "fused",
        "audio": {"input_channels": 1, "output_channels": 1, "latency_frames": network.LATENCY_FRAMES, "tail_ms": 500.0,
                  "maximum_block_frames": 4096},
        "parameters": [
            package.macro("crunch", "Crunch", 0, 10, 5, crunch.ENDS,
                          "From clean to crunch at about the same loudness: it turns gain up and level down together, "
                          "from where these two are set. In the middle it does nothing."),
            package.parameter("gain", "Gain", "", 0, 10, 5,
                              "How hard the tube is driven. Low: clean and warm. Middle: it begins to bite. High: "
                              "thick crunch; loud notes choke for a moment, as an overdriven tube does. Louder, too: "
                              "use Level to even it out."),
            package.parameter("bias", "Bias", "", 0, 10, 5,
                              "How warm the tube is set. Cold: gritty and sputtering, one half of the wave is cut "
                              "off early. Hot: smooth and compressed. The middle is the usual setting."),
            package.parameter("level", "Level", "dB", -24, 12, 0,
                              "How loud it comes out. At 0 dB and gain 5 a guitar is about as loud as it went in.")],
        "presets": [
            preset("clean-warmth", "Clean warmth", 1.5, 6.0, 12.0),
            preset("edge-of-breakup", "Edge of breakup", 5.0, 5.0, 0.0),
            preset("crunch", "Crunch", 7.5, 5.0, -7.0),
            preset("cold-clipper", "Cold clipper", 8.0, 1.0, -5.0),
            preset("hot-and-thick", "Hot and thick", 9.0, 9.0, -12.0),
            preset("bass-warmth", "Bass warmth", 4.0, 7.0, 2.0)]}
    tail = {
        "license": "Apache-2.0", "attribution": "Continuo contributors",
        "provenance": {
            "description": "Trained by us against a triode stage (Koren's equations of the 12AX7, grid current, cathode "
                           "bias) solved at 8x oversampling over synthesised signals; no recording was used.",
            "data": ["synthesised by models/common/signals.py, seeds 1701 (training), 2702 (validation), 9309 (test)",
                     "targets computed by models/tube/circuit.py"],
            "script": "models/tube/train.py"}}
    package.write_manifest(HERE, head, variants, tail, package.bench_argument())


if __name__ == "__main__":
    main()
