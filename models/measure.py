#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the shipped models on this machine, and writes what they cost into their manifests and cards.

    models/measure.py --build build/release [ID …]

Starts a daemon of its own (nothing of the user's is touched), asks it for `models optimize ID --dry-run`, which
measures every variant of the package and those that could be made of it, and puts into models/ID/model.json the cost,
memory, benchmark and error of the package's own variants and the quality that scores.json states; into
models/ID/README.md, between two marks, the whole table. For figures let nothing else run. The package's digests do not
change: model.json cannot hold its own. Configure the build again afterwards, so that it copies the manifests.
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "common"))

from package import cpu_name
BEGIN, END = "<!-- variants: written by models/measure.py -->", "<!-- end of variants -->"


def quality(model, scores):
    """What scores.json says of a model, as the manifest has it."""
    def one(measure, value, measured_on):
        return [{"measure": measure, "value": value, "higher_is_better": False, "measured_on": measured_on}]
    if model in ("drive", "opto", "tube"):
        return one("ESR", round(scores["48000"]["esr_percent_pooled"] / 100, 7),
                   "signals that it was not trained on, pooled, at 48000 Hz")
    if model == "melody":
        return one("nats a cell", scores["nats_a_cell"]["new"]["all"], "songs that it was not trained on")
    if model == "chorale":
        return one("nats a cell", scores["nll"]["test, all voices, told"], "chorales that it was not trained on")
    if model == "groove":
        return one("nats a cell", scores["nll_of_test"]["new"], "performances that it was not trained on")
    return []


def size(count):
    for unit, by in (("MB", 1e6), ("kB", 1e3)):
        if count >= by:
            return "%.1f %s" % (count / by, unit)
    return "%d B" % count


def table(measured, machine):
    lines = [BEGIN, "", "| variant | weights | on disk | memory | cost | speed | error | |",
             "|---|---|---|---|---|---|---|---|"]
    for v in measured["variants"]:
        cost = v.get("cost", {})
        us = cost.get("microseconds_per_block", 0)
        unit = "µs a block of %d" % cost["block_frames"] if cost.get("block_frames", 0) > 1 else "µs a cell"
        note = "made by `models optimize`" if v["made_here"] else ""
        if us and v["error"] >= 0 and not v["keeps_error"]:
            note += ("; " if note else "") + "above the stated error"
        if not us:
            note = v["remark"]
        lines.append("| %s | %s | %s | %s | %s | %s | %s | %s |" % (
            v["id"], v["precision"].replace("PRECISION_", "").lower(), size(v["file_bytes"]),
            size(cost["memory_bytes"]) if us else "–", "%.1f %s" % (us, unit) if us else "–",
            "%.2fx" % v["speed"] if v["speed"] else "–", "%.1e" % v["error"] if v["error"] >= 0 else "–", note))
    lines += ["", "Measured on %s, one core, by `models/measure.py`, at a load average of %.1f on %d cores; the "
              "benchmark of `continuoctl models machine` took %.1f µs a block and %.1f µs a cell there. Error: the "
              "greatest difference from the golden output, %s; "
              "stated is %g." % (cpu_name(), os.getloadavg()[0], machine["cores"], machine["block_us"],
                                 machine["cell_us"],
                                 "of a logit" if any(v["sample_rate_hz"] == 0 for v in measured["variants"])
                                 else "of full scale", measured["stated_error"]), "", END]
    return "\n".join(lines)


def write_card(path, text):
    card = path.read_text()
    if BEGIN in card:
        head, rest = card.split(BEGIN, 1)
        card = head + text + rest.split(END, 1)[1]
    else:
        card = card.rstrip("\n") + "\n\n## Variants\n\n" + text + "\n"
    path.write_text(card)


def write_manifest(path, measured, scores):
    manifest = json.loads(path.read_text())
    by_id = {v["id"]: v for v in measured["variants"]}
    for variant in manifest["variants"]:
        found = by_id[variant["id"]]
        if found["cost"].get("microseconds_per_block", 0) <= 0:
            sys.exit("%s: %s was not measured: %s" % (path, variant["id"], found["remark"]))
        cost = {k: found["cost"][k] for k in
                ("microseconds_per_block", "block_frames", "measured_on", "benchmark_us", "memory_bytes")}
        cost["microseconds_per_block"] = round(cost["microseconds_per_block"], 2)
        cost["benchmark_us"] = round(cost["benchmark_us"], 2)
        cost["measured_on"] = cpu_name()
        variant["cost"] = cost
        variant["error"] = float("%.3g" % max(found["error"], 0))
    stated = quality(manifest["id"], scores)
    if stated:
        manifest["quality"] = stated
    path.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="where bin/continuod is")
    parser.add_argument("models", nargs="*", help="default: all")
    arguments = parser.parse_args()
    models = arguments.models or sorted(p.parent.name for p in HERE.glob("*/model.json"))
    binaries = arguments.build.resolve() / "bin"
    with tempfile.TemporaryDirectory(prefix="continuo-measure-") as home:
        env = dict(os.environ, HOME=home)
        for name in ("RUNTIME", "CONFIG", "DATA", "STATE", "CACHE"):
            directory = os.path.join(home, name.lower())
            os.makedirs(directory, mode=0o700)
            env["XDG_%s_%s" % (name, "DIR" if name == "RUNTIME" else "HOME")] = directory
        env.pop("CONTINUO_SOCKET", None)
        daemon = subprocess.Popen([binaries / "continuod", "--foreground"], env=env, stderr=subprocess.DEVNULL)

        def ask(*words):
            done = subprocess.run([binaries / "continuoctl", "--json", "--no-autostart", *words], env=env,
                                  stdout=subprocess.PIPE, check=False)
            if done.returncode != 0:
                sys.exit("%s: %s" % (" ".join(words), done.stdout.decode()))
            return json.loads(done.stdout)

        try:
            socket = pathlib.Path(env["XDG_RUNTIME_DIR"]) / "continuo"
            while not socket.is_dir() or not list(socket.iterdir()):
                time.sleep(0.1)
            machine = ask("models", "machine", "--again")
            for model in models:
                measured = ask("models", "optimize", model, "--dry-run")["model"]
                scores = json.loads((HERE / model / "scores.json").read_text())
                write_manifest(HERE / model / "model.json", measured, scores)
                write_card(HERE / model / "README.md", table(measured, machine))
                print(model, measured["choice"])
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait()


if __name__ == "__main__":
    main()
