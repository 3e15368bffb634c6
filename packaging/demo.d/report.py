#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report.py PLUGIN.jsonl: what the LMMS effects measured during a render, in words.

The file is what the effect appends where $CONTINUO_REPORT names it: one JSON object a line.
Ends with code 1 if an effect was not connected to its model, since the sound was dry then.
"""

import json
import sys


def milliseconds(frames, rate_hz):
    return 1000 * frames / rate_hz if rate_hz else 0


def main(path):
    with open(path, encoding="utf-8") as file:
        reports = [json.loads(line) for line in file if line.strip()]
    for report in reports:
        parameters = ", ".join(f"{key} {value:g}" for key, value in report["parameters"].items())
        blocks, wet = int(report["blocks"]), int(report["wet_blocks"])
        rate_hz, latency = report["sample_rate_hz"], int(report["latency_frames"])
        print("Render, as the LMMS effect saw it:")
        print(f"  model      {report['model']} {report['version']} ({parameters})")
        print(f"  mode       {report['mode']}, {rate_hz:g} Hz in LMMS, {report['model_rate_hz']:g} Hz in the model")
        print(f"  latency    {latency} frames, {milliseconds(latency, rate_hz):.1f} ms")
        print(f"  cost       {report['block_cost_us']:.0f} us for the longest block, measured at the start")
        print(f"  blocks     {blocks}, with the model's result {wet}, deadlines missed {report['missed']:g}")
        if report["wait_max_us"] > 0:
            print(f"  wait       p50 {report['wait_p50_us']:.0f} us, p99 {report['wait_p99_us']:.0f} us, "
                  f"longest {report['wait_max_us']:.0f} us")
        else:
            print("  wait       a render waits for every block, so none has a deadline")
        if wet == 0:
            print(f"report.py: the effect was not connected: {report['words']}", file=sys.stderr)
    return 0 if reports and all(report["wet_blocks"] > 0 for report in reports) else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
