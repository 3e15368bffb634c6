# SPDX-License-Identifier: Apache-2.0
"""Export, golden vectors and manifests of the models that write notes (grid_transformer.py).

<id>.safetensors: half-precision weights, the fused executor's; <id>.pt: the same network and the same
(half-rounded) weights as TorchScript, for the torch executor.

golden/: raw little-endian files, rows as grid_transformer.py has its tensors: golden-grid.i32 [steps][grid fields],
golden-token.i32 [cells][token fields], golden-step.i32 and golden-position.i32 [cells], and golden-logits.f32
[cells][vocabulary], computed in double precision. Every variant has to give the logits within its tolerance.
"""

import hashlib
import json
import os

import numpy as np
import torch

import package
from grid_transformer import load_safetensors, save_safetensors


def export(here, name, network, metadata):
    """Writes both weight files; gives the network as it ships."""
    path = os.path.join(here, name + ".safetensors")
    save_safetensors(path, network.eval(), metadata)
    shipped, _ = load_safetensors(path)
    torch.jit.script(shipped).save(os.path.join(here, name + ".pt"))
    return shipped


def write_golden(here, name, grid, token, step, position, tolerances):
    """Of one piece: grid [steps][fields], token [cells][fields], step and position [cells]; tolerances: {variant:
    largest difference of a logit}."""
    network, _ = load_safetensors(os.path.join(here, name + ".safetensors"))
    tensor = lambda x: torch.from_numpy(np.asarray(x, np.int64))[None]
    torch.set_default_dtype(torch.float64)
    try:
        with torch.no_grad():
            logits = network.double()(tensor(grid), tensor(token), tensor(step), tensor(position))[0].numpy()
    finally:
        torch.set_default_dtype(torch.float32)
    folder = os.path.join(here, "golden")
    os.makedirs(folder, exist_ok=True)
    for part, values, kind in (("grid", grid, "<i4"), ("token", token, "<i4"), ("step", step, "<i4"),
                               ("position", position, "<i4"), ("logits", logits, "<f4")):
        np.asarray(values).astype(kind).tofile(os.path.join(folder, "golden-%s.%s" % (part, "f32" if kind == "<f4" else "i32")))
    cases = [{"variant": variant, "steps": len(grid), "cells": len(token), "grid": "golden-grid.i32",
              "token": "golden-token.i32", "step": "golden-step.i32", "position": "golden-position.i32",
              "logits": "golden-logits.f32", "tolerance": tolerance} for variant, tolerance in tolerances.items()]
    with open(os.path.join(folder, "golden.json"), "w") as f:
        json.dump({"schema": 1, "model": name, "format": "raw little-endian int32 and float32",
                   "expected": "logits in double precision, rounded to float32", "cases": cases}, f, indent=1)
        f.write("\n")


GOLDEN_FILES = ["golden/golden.json"] + ["golden/golden-%s" % f for f in
                                         ("grid.i32", "token.i32", "step.i32", "position.i32", "logits.f32")]


def write_manifest(here, head, variants, tail):
    """As package.write_manifest: sizes and digests are those of the files, costs those of the present manifest.

    quality.json, which is made with the package's own weights, becomes its reference set once it is there.
    """
    reference = ["quality.json"] if os.path.exists(os.path.join(here, "quality.json")) else []
    if reference:
        head["notes"]["reference"] = reference[0]
    path = os.path.join(here, "model.json")
    kept = package.measured(path)
    for v in variants:
        v.update(kept["variants"].get(v["id"], {}))
    files = []
    for name in list(dict.fromkeys([v["file"] for v in variants])) + reference + GOLDEN_FILES:
        with open(os.path.join(here, name), "rb") as f:
            content = f.read()
        files.append({"path": name, "size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    for v in variants:
        v["weights_bytes"] = os.path.getsize(os.path.join(here, v["file"]))
    manifest = {"schema": 1, **head, "variants": variants,
                "golden": [{"variant": v["id"], "file": "golden/golden.json"} for v in variants], **tail, "files": files, **kept["model"]}
    with open(path, "w") as f:
        json.dump(manifest, f, indent=1, ensure_ascii=False)
        f.write("\n")
