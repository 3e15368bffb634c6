#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes model.json. Sizes and digests are taken from the files each time; costs are kept from the
existing model.json (so that a second run changes nothing) unless --measure is given or
there are none."""

import argparse
import hashlib
import json
import os
import re

import torch

import network

from evaluate import HERE, cost

RATES = (48000, 44100)
PATH = os.path.join(HERE, "model.json")


def cpu_name():
    with open("/proc/cpuinfo") as f:
        info = f.read()
    name = re.search(r"model name\s*: (.*)", info)
    family = re.search(r"cpu family\s*: (\d+)", info)
    model = re.search(r"^model\s*: (\d+)", info, re.M)
    return "%s (family %s, model %s)" % (name.group(1) if name else "unknown CPU",
                                         family.group(1) if family else "?", model.group(1) if model else "?")


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def weights_bytes(path):
    """Learned weights only, without the fixed filter tables."""
    m = torch.jit.load(path)
    tensors = list(m.parameters()) + list(m.convs)
    return sum(t.numel() * t.element_size() for t in tensors)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--measure", action="store_true", help="measure the cost anew")
    a = p.parse_args()
    torch.set_num_threads(1)
    old = {}
    if os.path.exists(PATH) and not a.measure:
        with open(PATH) as f:
            old = {v["id"]: v["cost"] for v in json.load(f)["variants"]}
    variants, files = [], []
    for rate in RATES:
        name, key = "drive-%d.pt" % rate, "fp32-%d" % rate
        path = os.path.join(HERE, name)
        price = old.get(key) or {"microseconds_per_block": cost(rate)["256"], "block_frames": 256,
                                 "measured_on": cpu_name() + ", 1 thread, LibTorch 1.13.1, OpenBLAS"}
        variants.append({"id": key, "sample_rate_hz": rate, "file": name, "precision": "PRECISION_FP32",
                         "weights_bytes": weights_bytes(path), "cost": price})
        files.append({"path": name, "size_bytes": os.path.getsize(path), "sha256": digest(path)})
    for name in ["golden/golden.json"] + ["golden/golden-%d-%s.f32" % (r, k) for r in RATES
                                          for k in ("input", "expected")]:
        path = os.path.join(HERE, name)
        files.append({"path": name, "size_bytes": os.path.getsize(path), "sha256": digest(path)})

    def parameter(key, name, unit, low, high, default, text):
        return {"id": key, "name": name, "unit": unit, "minimum": low, "maximum": high, "default_value": default,
                "curve": "CURVE_LINEAR", "level": "LEVEL_BASIC", "description": text, "smoothing_ms": 20.0}

    def preset(key, name, drive, tone, level):
        return {"id": key, "name": name, "values": {"drive": drive, "tone": tone, "level": level}}

    manifest = {
        "schema": 1, "id": "drive", "version": "1.0.0", "name": "Drive",
        "summary": "A guitar overdrive pedal with soft diode clipping: drive, tone and level. Warm and "
                   "mid-forward; also thickens bass, synths and drums.",
        "task": "TASK_AUDIO_EFFECT", "executor": "torch",
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
            preset("bass-growl", "Bass growl", 6.0, 2.5, 0.0)],
        "variants": variants,
        "golden": [{"variant": "fp32-%d" % r, "file": "golden/golden.json"} for r in RATES],
        "license": "Apache-2.0", "attribution": "Continuo contributors",
        "provenance": {
            "description": "Trained by us against an overdrive circuit (op-amp stage with diode clipping, tone "
                           "control) solved at 8x oversampling over synthesised signals; no recording was used.",
            "data": ["synthesised by models/drive/signals.py, seeds 1701 (training), 2702 (validation), "
                     "9309 (test)",
                     "targets computed by models/drive/circuit.py"],
            "script": "models/drive/train.py"},
        "minimum_daemon_version": "0.1.0", "files": files}
    with open(PATH, "w") as f:
        json.dump(manifest, f, indent=1, ensure_ascii=False)
        f.write("\n")
    print("wrote", PATH)


if __name__ == "__main__":
    main()
