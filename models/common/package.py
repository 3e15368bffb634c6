# SPDX-License-Identifier: Apache-2.0
"""Golden vectors and manifests of the shipped models.

golden/: golden-<rate>-input.f32 and golden-<rate>-expected.f32 are raw little-endian float32 mono, 0.5 s; the
knobs step at mid-file (a frame that is no multiple of 64). Expected values come from the model's
reference in double precision; every variant has to give them within its case's tolerance.
Parameters are applied as given: no smoothing.

model.json: sizes and digests are taken from the files each time. Costs are those of the existing
model.json (models/measure.py), or of `model_bench --benchmark_format=json` (tests/bench/model_bench.cc).
"""

import hashlib
import json
import os
import re
import sys

import numpy as np

import signals

SEED = 808
RATES = (48000, 44100)


def write_golden(here, model, ids, first, second, reference, tolerances):
    """first and second: the parameters before and after the step; reference(rate) has
    run(x, parameters); tolerances: {variant's prefix: largest error}."""
    os.makedirs(os.path.join(here, "golden"), exist_ok=True)
    cases = []
    for rate in RATES:
        n = rate // 2
        x = (signals.guitar(rate, 0.5, seed=SEED) * 1.5).astype(np.float32)
        x[:rate // 50] = 0
        change = n // 2 + 13
        parameters = np.empty((len(ids), n))
        for row, name in enumerate(ids):
            # As the parameters reach a model.
            parameters[row, :change], parameters[row, change:] = np.float32(first[name]), np.float32(second[name])
        y = reference(rate).run(x.astype(np.float64), parameters)
        names = {k: "golden-%d-%s.f32" % (rate, k) for k in ("input", "expected")}
        x.astype("<f4").tofile(os.path.join(here, "golden", names["input"]))
        y.astype("<f4").tofile(os.path.join(here, "golden", names["expected"]))
        for prefix, tolerance in tolerances.items():
            cases.append({"variant": "%s-%d" % (prefix, rate), "sample_rate_hz": rate, "channels": 1, "frames": n,
                          "input": names["input"], "expected": names["expected"],
                          "parameters": [{"at_frame": 0, "values": first}, {"at_frame": change, "values": second}],
                          "smoothing": False, "tolerance": tolerance, "expected_peak": round(float(np.abs(y).max()), 4)})
        print(model, rate, "golden peak %.3f" % np.abs(y).max())
    with open(os.path.join(here, "golden", "golden.json"), "w") as f:
        json.dump({"schema": 1, "model": model, "format": "raw little-endian float32, mono", "seed": SEED,
                   "expected": "double precision, rounded to float32", "cases": cases}, f, indent=1)
        f.write("\n")


def cpu_name():
    with open("/proc/cpuinfo") as f:
        info = f.read()
    name = re.search(r"model name\s*: (.*)", info)
    family = re.search(r"cpu family\s*: (\d+)", info)
    model = re.search(r"^model\s*: (\d+)", info, re.M)
    return "%s (family %s, model %s)" % (name.group(1) if name else "unknown CPU",
                                         family.group(1) if family else "?", model.group(1) if model else "?")


def bench_costs(path, model, frames=256):
    """{variant: microseconds of CPU a block of `frames`} of model_bench's JSON, medians where it repeated."""
    with open(path) as f:
        found = json.load(f)["benchmarks"]
    has_medians = any(b.get("aggregate_name") == "median" for b in found)
    out = {}
    for b in found:
        name = b.get("run_name", b["name"]).split("/")
        if has_medians and b.get("aggregate_name") != "median":
            continue
        if name[0] == model and name[2:4] == ["still", str(frames)]:
            out[name[1]] = round(b["cpu_time"] * {"ns": 1e-3, "us": 1.0, "ms": 1e3}[b["time_unit"]], 1)
    return out


def parameter(key, name, unit, low, high, default, text):
    return {"id": key, "name": name, "unit": unit, "minimum": low, "maximum": high, "default_value": default,
            "curve": "CURVE_LINEAR", "level": "LEVEL_BASIC", "description": text, "smoothing_ms": 20.0}


def macro(key, name, low, high, default, ends, text):
    """One knob over several: `ends` has {parameter: (with it at its minimum, at its maximum)}."""
    return {**parameter(key, name, "", low, high, default, text), "smoothing_ms": 0.0,
            "targets": [{"parameter": k, "from": a, "to": b, "curve": "CURVE_LINEAR"} for k, (a, b) in ends.items()]}


def measured(path):
    """What models/measure.py has written into a manifest that is there: {"variants": {id: cost and error}, "model":
    quality}."""
    if not os.path.exists(path):
        return {"variants": {}, "model": {}}
    with open(path) as f:
        manifest = json.load(f)
    return {"variants": {v["id"]: {k: v[k] for k in ("cost", "error") if k in v} for v in manifest["variants"]},
            "model": {k: manifest[k] for k in ("quality", "stated_error") if k in manifest}}


def write_manifest(here, head, variants, tail, bench=None):
    """head and tail: the fields before and after `variants`; variants: those without costs.
    Golden entries and files follow from what is there."""
    path = os.path.join(here, "model.json")
    kept = measured(path)
    fresh = bench_costs(bench, head["id"]) if bench else {}
    for v in variants:
        v.update(kept["variants"].get(v["id"], {}))
        if v["id"] in fresh:
            v["cost"] = {"microseconds_per_block": fresh[v["id"]], "block_frames": 256,
                         "measured_on": cpu_name() + ", 1 thread, tests/bench/model_bench"}
    names = [v["file"] for v in variants] + ["golden/golden.json"] + [
        "golden/golden-%d-%s.f32" % (r, k) for r in RATES for k in ("input", "expected")]
    files = []
    for name in names:
        with open(os.path.join(here, name), "rb") as f:
            data = f.read()
        files.append({"path": name, "size_bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
    manifest = {"schema": 1, **head, "variants": variants,
                "golden": [{"variant": v["id"], "file": "golden/golden.json"} for v in variants],
                **tail, "minimum_daemon_version": "0.1.0", "files": files, **kept["model"]}
    with open(path, "w") as f:
        json.dump(manifest, f, indent=1, ensure_ascii=False)
        f.write("\n")
    print("wrote", path)


def bench_argument():
    """The file after --bench, or none."""
    return sys.argv[sys.argv.index("--bench") + 1] if "--bench" in sys.argv else None
