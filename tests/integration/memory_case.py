# SPDX-License-Identifier: Apache-2.0
"""What the tests of memory share: models whose weights really take memory, who holds how much, and
what a daemon and its runners take, sampled all the while."""
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import threading

import memory_group
from ctl_harness import CTL, OK, WATCHDOG_S, CtlTest, wait_until

MIB = 1 << 20


def proportional_bytes(pid):
    """PSS: shared pages count by their share, so that the sum over processes is what they hold."""
    try:
        with open("/proc/%d/smaps_rollup" % pid) as rollup:
            for line in rollup:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass  # it has ended
    return 0


def program(pid):
    try:
        return os.readlink("/proc/%d/exe" % pid)
    except OSError:
        return ""  # it has ended


def children(pid):
    found = []
    for task in pathlib.Path("/proc/%d/task" % pid).glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            pass
    return found


class Sampler:
    """The most that the daemon and its runners held together while this was entered; of a group
    (memory_group.py) that they are in, the most that the kernel could not have dropped."""

    def __init__(self, daemon, group=None):
        self.daemon = daemon
        self.group = group
        self.most = 0
        self.most_kept = 0
        self.samples = 0

    def look(self):
        # A runner that is just being started shares the daemon's memory, and has its program yet.
        own = program(self.daemon)
        runners = [pid for pid in children(self.daemon) if program(pid) != own]
        taken = sum(proportional_bytes(pid) for pid in [self.daemon] + runners)
        self.most = max(self.most, taken)
        if self.group is not None:
            self.most_kept = max(self.most_kept, self.group.kept_bytes())
        self.samples += 1

    def __enter__(self):
        self.stop = threading.Event()

        def run():
            while not self.stop.wait(0.01):
                self.look()
        self.thread = threading.Thread(target=run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


class MemoryCase(CtlTest):
    @classmethod
    def configure(cls):
        cls.models = pathlib.Path(cls.home.environment["XDG_DATA_HOME"]) / "continuo" / "models"

    @classmethod
    def package(cls, ident, variants, notes=False):
        """A model of the fake executor, which holds its file; variants are (id, MiB)."""
        directory = cls.models / ident / "1.0.0"
        directory.mkdir(parents=True)
        manifest = {
            "schema": 1, "id": ident, "version": "1.0.0", "name": ident, "executor": "fake",
            "license": "Apache-2.0", "minimum_daemon_version": "0.1.0", "files": []}
        if notes:
            manifest.update(task="TASK_NOTES", notes={
                "tasks": ["melody"], "composer": "fake", "voices": ["melody"],
                "signatures": ["4/4"], "steps_per_quarter": 1, "maximum_bars": 64})
        else:
            manifest.update(task="TASK_AUDIO_EFFECT", audio={
                "input_channels": 1, "output_channels": 1, "maximum_block_frames": 4096})
        for name, mib in variants:
            head = b"fake\ncell_us=2000\n" if notes else b"fake\n"
            weights = head + ident.encode() + b"\0" * (mib * MIB)
            (directory / (name + ".bin")).write_bytes(weights)
            manifest["files"].append({
                "path": name + ".bin", "size_bytes": len(weights),
                "sha256": hashlib.sha256(weights).hexdigest()})
            manifest.setdefault("variants", []).append({
                "id": name, "file": name + ".bin",
                "precision": "PRECISION_INT8" if name == "int8" else "PRECISION_FP32",
                **({} if notes else {"sample_rate_hz": 48000})})
        (directory / "model.json").write_text(json.dumps(manifest))

    def memory(self):
        return self.succeeds("--json", "memory").json

    def loaded(self):
        return sorted(one["model"].split("/")[0] for one in self.memory()["models"]
                      if one["state"] == "MODEL_MEMORY_STATE_LOADED")

    def unload_all(self):
        def unloaded():
            # Refused while a model is used, be it by what is computed ahead for a moment.
            return all([self.ctl("models", "unload", name).code == OK for name in self.loaded()])
        wait_until("every model is unloaded", unloaded)
        wait_until("no runner is left", lambda: not self.memory()["runners"])

    def begin(self, *arguments):
        process = subprocess.Popen(
            [CTL, "--no-autostart", *arguments], env=self.home.environment, cwd=self.work,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        return process.communicate(timeout=WATCHDOG_S)

    def stream(self, model):
        """A client that plays through the model until it is ended."""
        process = self.begin("stream", "bench", "--model", model, "--rate", "48000",
                             "--seconds", "600", "--period", "256")
        wait_until("a stream of %s plays" % model, lambda: any(
            one["model"].startswith(model + "/") and one["used_by"] == "1 stream" and
            one["state"] == "MODEL_MEMORY_STATE_LOADED" for one in self.memory()["models"]))
        return process


class LimitedCase(MemoryCase):
    """Its daemon has a limit of the kernel's (memory_group.py)."""
    limit_mib = 0
    group = None

    @classmethod
    def configure(cls):
        super().configure()
        cls.group = memory_group.make(cls.limit_mib * MIB)
        cls.addClassCleanup(cls.group.remove)
        cls.before_daemon = cls.group.enter
        print("limit of %d MiB: %s" % (cls.limit_mib, cls.group.words))
