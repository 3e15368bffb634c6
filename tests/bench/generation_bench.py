#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long notes take from the request: first notes and all of them, one candidate and four.

    tests/bench/generation_bench.py [--rounds N] [--bars N] [--socket PATH]

Against the daemon that runs, over plain gRPC, so with its queue, its scoring and its history. All
subjects take turns in every round; printed are the median and the 95th percentile of wall time in
milliseconds as this client sees it, and the ratio of four candidates to one by the medians. Each
request has a seed of its own, and says `fresh`: nothing is answered from the cache.
"""
import argparse
import pathlib
import statistics
import sys
import tempfile
import time

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "docs" / "examples"))
import generate as example  # noqa: E402

MODELS = {"melody": "MELODY", "chorale": "HARMONY", "groove": "DRUMS"}
WARM_UP = 3


def measure(stub, api, model, task, candidates, bars, seed, midi):
    """Milliseconds to the first notes and to the end, and the best candidate's MIDI."""
    request = api.GenerateRequest(task=api.GenerationTask.Value(f"GENERATION_TASK_{task}"), model=model,
                                  bars=bars, candidates=candidates, seed=seed, fresh=True, input=midi)
    begun, first, song = time.monotonic(), None, b""
    for event in stub.Generate(request):
        now = 1e3 * (time.monotonic() - begun)
        what = event.WhichOneof("what")
        if first is None and what in ("partial", "candidate"):
            first = now
        if what == "candidate":
            song = event.candidate.midi
    return first, now, song


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--bars", type=int, default=4)
    parser.add_argument("--socket", default=example.default_socket())
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as stubs:
        example.make_stubs(stubs)
        from continuo.v1 import generation_service_pb2 as api
        from continuo.v1 import generation_service_pb2_grpc as services
        with grpc.insecure_channel(f"unix:{arguments.socket}") as channel:
            stub = services.GenerationServiceStub(channel)
            # A tune for the harmony: the melody's own.
            tune = measure(stub, api, "melody", "MELODY", 1, arguments.bars, 1, b"")[2]
            took = {}
            for index in range(arguments.rounds + WARM_UP):
                for model, task in MODELS.items():
                    for candidates in (1, 4):
                        figures = measure(stub, api, model, task, candidates, arguments.bars, 1000 * index,
                                          tune if task == "HARMONY" else b"")[:2]
                        if index >= WARM_UP:
                            took.setdefault((model, candidates), []).append(figures)
    print(f"{arguments.bars} bars, {arguments.rounds} rounds, ms: median (95th percentile)")
    for model in MODELS:
        whole = {}
        for candidates in (1, 4):
            columns = [sorted(column) for column in zip(*took[model, candidates])]
            texts = [f"{statistics.median(c):6.1f} ({c[int(0.95 * (len(c) - 1))]:6.1f})" for c in columns]
            whole[candidates] = statistics.median(columns[1])
            print(f"  {model:8} {candidates} of it: first notes {texts[0]}, all {texts[1]}")
        print(f"  {model:8} four to one: {whole[4] / whole[1]:.2f}")


if __name__ == "__main__":
    main()
