#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A melody over plain gRPC: asks for candidates, prints what the daemon tells, writes the best.

    docs/examples/generate.py --bars 8 --key Dm --seed 7 melody.mid

Needs python3-grpcio, protobuf-compiler and protobuf-compiler-grpc (Debian 12): the stubs are made
from the .proto files when it starts, and nothing of Continuo's is installed. With a running
daemon; it is started by any `continuoctl` verb.
"""
import argparse
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import grpc

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"


def make_stubs(directory):
    """The Python modules of the API, importable from now on."""
    files = sorted(str(path.relative_to(PROTO)) for path in PROTO.glob("continuo/v1/*.proto"))
    plugin = shutil.which("grpc_python_plugin") or sys.exit("install protobuf-compiler-grpc")
    subprocess.run(["protoc", f"-I{PROTO}", f"--python_out={directory}", f"--grpc_out={directory}",
                    f"--plugin=protoc-gen-grpc={plugin}", *files], check=True)
    sys.path.insert(0, directory)


def default_socket():
    if "CONTINUO_SOCKET" in os.environ:
        return os.environ["CONTINUO_SOCKET"]
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = f"{runtime}/continuo" if runtime else f"/tmp/continuo-{os.getuid()}"
    return f"{folder}/daemon.sock"


def generate(channel, arguments):
    """Every event as it comes; the candidates, best first, and the record's id."""
    from continuo.v1 import generation_service_pb2 as api
    from continuo.v1 import generation_service_pb2_grpc as services

    request = api.GenerateRequest(
        task=api.GENERATION_TASK_MELODY, bars=arguments.bars, key=arguments.key,
        candidates=arguments.candidates, model=arguments.model)
    if arguments.seed is not None:
        request.seed = arguments.seed
    candidates = {}
    # Leaving the loop, or ending this program, cancels the job.
    for event in services.GenerationServiceStub(channel).Generate(request):
        what = event.WhichOneof("what")
        if what == "queued":
            print(f"{event.job_id}: {event.queued.position} jobs before it")
        elif what == "started":
            plan = event.started.plan
            print(f"{plan.model}@{plan.version} on {plan.device}, seed {plan.request.seed}")
        elif what == "progress":
            print(f"{100 * event.progress.fraction:.0f} %")
        elif what == "partial":
            print("notes:", " ".join(str(note.pitch) for note in event.partial.notes))
        elif what == "candidate":
            candidates[event.candidate.index] = event.candidate
            print(f"candidate {event.candidate.index + 1}: score {event.candidate.quality.score:.2f}")
        elif what == "done":
            print(f"done in {event.done.elapsed_ms:.0f} ms: {event.done.record_id}")
            return [candidates[index] for index in event.done.ranking], event.done.record_id
    raise RuntimeError("the daemon ended without an answer")


def describe(channel, record_id):
    """What the history keeps of it."""
    from continuo.v1 import history_service_pb2 as api
    from continuo.v1 import history_service_pb2_grpc as services

    record = services.HistoryServiceStub(channel).GetRecord(
        api.GetRecordRequest(id=record_id)).record
    print(f"{record.id}: {len(record.candidates)} candidates, licence {record.license or 'none'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output")
    parser.add_argument("--bars", type=int, default=8)
    parser.add_argument("--key", default="")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--candidates", type=int, default=2)
    parser.add_argument("--model", default="")
    parser.add_argument("--socket", default=default_socket())
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        make_stubs(stack.enter_context(tempfile.TemporaryDirectory()))
        channel = stack.enter_context(grpc.insecure_channel(
            f"unix:{arguments.socket}", options=[("grpc.default_authority", "localhost")]))
        try:
            ranked, record_id = generate(channel, arguments)
            pathlib.Path(arguments.output).write_bytes(ranked[0].midi)
            describe(channel, record_id)
        except grpc.RpcError as error:
            sys.exit(f"{error.code().name}: {error.details()}")
    print(arguments.output)


if __name__ == "__main__":
    main()
