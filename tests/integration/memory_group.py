# SPDX-License-Identifier: Apache-2.0
"""A limit of the kernel's on what a daemon and its runners take together: a memory control group,
version 2 or 1. Where none can be made, what each of them takes is limited by itself (rlimit)."""
import os
import pathlib
import resource
import subprocess
import sys
import time

MOUNTS = pathlib.Path("/sys/fs/cgroup")
MIB = 1 << 20


def number(path, key=None):
    """A file of one number, or the one behind `key` in a file of many."""
    for line in path.read_text().splitlines():
        fields = line.split()
        if key is None:
            return int(fields[0])
        if fields[0] == key:
            return int(fields[1])
    raise AssertionError("%s says nothing of %s" % (path, key))


class Version2:
    words = "control group, version 2"
    limit = "memory.max"

    def __init__(self, directory):
        self.directory = directory

    def peak_bytes(self):
        return number(self.directory / "memory.peak")

    def kept_bytes(self):
        """What the kernel cannot drop: no pages of files."""
        stat = self.directory / "memory.stat"
        return number(stat, "anon") + number(stat, "shmem")

    def kills(self):
        return number(self.directory / "memory.events", "oom_kill")

    def times_full(self):
        return number(self.directory / "memory.events", "max")


class Version1:
    words = "control group, version 1"
    limit = "memory.limit_in_bytes"

    def __init__(self, directory):
        self.directory = directory

    def peak_bytes(self):
        return number(self.directory / "memory.max_usage_in_bytes")

    def kept_bytes(self):
        stat = self.directory / "memory.stat"
        return number(stat, "total_rss") + number(stat, "total_shmem")

    def kills(self):
        return number(self.directory / "memory.oom_control", "oom_kill")

    def times_full(self):
        return number(self.directory / "memory.failcnt")


class Group:
    """A group with a limit that processes of ours enter; `remove` when they have all ended."""

    def __init__(self, kind, directory, limit_bytes):
        self.words = kind.words
        self.directory = directory
        directory.mkdir()
        try:
            (directory / kind.limit).write_text(str(limit_bytes))
            self.read = kind(directory)
            # Older kernels lack one or another.
            self.read.peak_bytes(), self.read.kept_bytes(), self.read.kills()
        except BaseException:
            self.remove()
            raise

    def enter(self):
        """Of a process that is about to run its program."""
        (self.directory / "cgroup.procs").write_text(str(os.getpid()))

    def holds(self, limit_bytes):
        """Whether a process that takes more than the limit is killed for it."""
        greedy = subprocess.run(
            [sys.executable, "-c", "x = b'x' * %d" % (limit_bytes + 8 * MIB)],
            preexec_fn=self.enter, stderr=subprocess.DEVNULL)
        return greedy.returncode != 0 and self.read.kills() > 0

    def remove(self):
        """What was killed in it is there for a moment yet."""
        end = time.monotonic() + 10
        while True:
            try:
                return self.directory.rmdir()
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)


class Limits:
    """Of each process by itself, where there is no group for all."""
    words = "rlimit of data, each process by itself"

    def __init__(self, limit_bytes):
        # Stacks of threads count as data, as large as the limit of stacks says.
        self.limit_bytes = limit_bytes
        self.read = None

    def enter(self):
        resource.setrlimit(resource.RLIMIT_STACK, (MIB, MIB))
        resource.setrlimit(resource.RLIMIT_DATA, (self.limit_bytes, self.limit_bytes))

    def remove(self):
        pass


def make_group(kind, mount, limit_bytes):
    if kind is Version2:
        if "memory" not in (mount / "cgroup.controllers").read_text().split():
            raise OSError("%s has no controller of memory" % mount)
        (mount / "cgroup.subtree_control").write_text("+memory")
    directory = mount / ("continuo-test-%d" % os.getpid())
    trial = Group(kind, directory, limit_bytes)
    try:
        if not trial.holds(limit_bytes):
            raise OSError("the limit of %s does not hold" % directory)
    finally:
        trial.remove()
    return Group(kind, directory, limit_bytes)


def make(limit_bytes):
    """The group, else the limits, and in `words` which and why. CONTINUO_MEMORY_LIMIT=rlimit
    takes the second where the first could be had, to try it."""
    refused = []
    if os.environ.get("CONTINUO_MEMORY_LIMIT") != "rlimit":
        for kind, mount in ((Version2, MOUNTS), (Version1, MOUNTS / "memory")):
            try:
                return make_group(kind, mount, limit_bytes)
            except OSError as error:
                refused.append(str(error))
    made = Limits(limit_bytes)
    made.words += " (no group: %s)" % "; ".join(refused or ["not wanted"])
    return made
