# SPDX-License-Identifier: Apache-2.0
"""What the tests of continuoctl share: a private daemon, the program, and WAV files.

Environment: CONTINUO_CTL and CONTINUO_DAEMON name the built programs, CONTINUO_SOURCE_DIR
the source tree, whose tests/models are put beside the built models.
"""

import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest

import numpy

CTL = os.environ["CONTINUO_CTL"]
DAEMON = os.environ["CONTINUO_DAEMON"]
MODELS = os.path.join(os.environ["CONTINUO_SOURCE_DIR"], "tests", "models")

OK, FAILED, USAGE, UNREACHABLE, REFUSED, BAD_INPUT, BAD_OUTPUT = range(7)

# A hang is a failure; nothing is measured by it.
WATCHDOG_S = 120


class Result:
    def __init__(self, completed):
        self.code = completed.returncode
        self.out = completed.stdout
        self.err = completed.stderr

    @property
    def json(self):
        return json.loads(self.out)


class Home:
    """A user's directories of their own, under /tmp, and what may be left in them."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="continuo-ctl."))
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CONTINUO_")}
        self.environment.update(
            HOME=str(self.path), CONTINUO_DAEMON=DAEMON, CONTINUO_MODEL_PATH=MODELS)
        for name in ("RUNTIME_DIR", "DATA_HOME", "CONFIG_HOME", "STATE_HOME", "CACHE_HOME"):
            directory = self.path / name.lower()
            directory.mkdir(mode=0o700)
            self.environment["XDG_" + name] = str(directory)
        self.work = self.path / "work"
        self.work.mkdir()

    def processes(self):
        """Ids of the processes that run in this home."""
        mark = ("XDG_RUNTIME_DIR=" + self.environment["XDG_RUNTIME_DIR"]).encode()
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                pass
        return found

    def commands(self):
        """What they were started with."""
        found = []
        for pid in self.processes():
            try:
                found.append(pathlib.Path("/proc/%d/cmdline" % pid).read_bytes())
            except OSError:
                pass  # it has ended
        return found

    def remove(self):
        shutil.rmtree(self.path)


def wait_until(what, condition):
    end = time.monotonic() + WATCHDOG_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain until " + what)
        time.sleep(0.02)


class CtlTest(unittest.TestCase):
    """Tests in one home. `daemon = False` for those that want none running."""

    daemon = True
    configuration = ""  # a continuod.toml, in which {home} is the home's path
    before_daemon = None  # called in its process, before its program

    @classmethod
    def setUpClass(cls):
        cls.home = Home()
        directory = cls.home.path / "config_home" / "continuo"
        directory.mkdir(mode=0o700)
        (directory / "continuod.toml").write_text(cls.configuration.format(home=cls.home.path))
        cls.daemon_process = None
        if not cls.daemon:
            return
        cls.configure()
        cls.log = open(cls.home.path / "log", "w+")
        cls.daemon_process = subprocess.Popen(
            [DAEMON, "--foreground"], env=cls.home.environment, stdout=cls.log, stderr=cls.log,
            preexec_fn=cls.before_daemon)
        try:
            wait_until("the daemon answers", cls.answers)
        except AssertionError:
            cls.tearDownClass()
            raise

    @classmethod
    def configure(cls):
        """For those that want a continuod.toml."""

    @classmethod
    def answers(cls):
        if cls.daemon_process.poll() is not None:
            cls.log.seek(0)
            raise AssertionError("the daemon ended early:\n" + cls.log.read())
        return run_ctl(cls.home, "--no-autostart", "status").code == OK

    @classmethod
    def tearDownClass(cls):
        try:
            if cls.daemon_process is not None:
                cls.daemon_process.send_signal(signal.SIGTERM)
                code = cls.daemon_process.wait(WATCHDOG_S)
                cls.log.seek(0)
                log = cls.log.read()
                cls.log.close()
                assert code == 0, "the daemon ended with code %d" % code
                # Of its runners most are killed, so that no exit code would tell.
                assert "Sanitizer:" not in log and ": runtime error: " not in log, log
                left = list(pathlib.Path("/dev/shm").glob("continuo-*-%d-*" % cls.daemon_process.pid))
                assert not left, "segments are left: %s" % left
            wait_until("no process is left", lambda: not cls.home.processes())
        finally:
            for pid in cls.home.processes():
                os.kill(pid, signal.SIGKILL)
            cls.home.remove()

    def setUp(self):
        self.work = self.home.work / self.id().rsplit(".", 1)[-1]
        self.work.mkdir()

    def ctl(self, *arguments, **options):
        if self.daemon_process is not None:
            # A daemon that has died is a failure, not to be papered over by another.
            arguments += ("--no-autostart",)
        return run_ctl(self.home, *arguments, cwd=self.work, **options)

    def succeeds(self, *arguments, **options):
        result = self.ctl(*arguments, **options)
        self.assertEqual(result.code, OK, result.err + result.out)
        return result

    def refuses(self, code, words, *arguments, **options):
        """The program ends with `code`, the message has all `words`, in text and in JSON, and
        the working directory is as it was."""
        before = sorted(os.listdir(self.work))
        result = self.ctl(*arguments, **options)
        self.assertEqual(result.code, code, result.err + result.out)
        self.assertEqual(result.out, "")
        self.assertEqual(result.err.count("\n"), 1, result.err)
        self.assertTrue(result.err.startswith("continuoctl: "), result.err)
        for word in words:
            self.assertIn(word, result.err)
        as_json = self.ctl("--json", *arguments, **options)
        self.assertEqual(as_json.code, code)
        self.assertEqual("continuoctl: " + as_json.json["error"]["message"] + "\n", result.err)
        self.assertTrue(as_json.json["error"]["code"])
        self.assertEqual(sorted(os.listdir(self.work)), before, "something was left behind")
        return as_json.json["error"]["code"]


def run_ctl(home, *arguments, cwd=None, environment=None):
    return Result(subprocess.run(
        [CTL, *map(str, arguments)], env={**home.environment, **(environment or {})}, cwd=cwd,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        timeout=WATCHDOG_S))


def write_wav(path, samples, rate):
    """`samples` is [frame][channel], float32; written as IEEE float."""
    samples = numpy.asarray(samples, dtype="<f4")
    frames, channels = samples.shape
    data = samples.tobytes()
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, channels, rate, rate * channels * 4,
                       channels * 4, 32)
    body = b"WAVE" + head + struct.pack("<4sII4sI", b"fact", 4, frames, b"data", len(data)) + data
    pathlib.Path(path).write_bytes(struct.pack("<4sI", b"RIFF", len(body)) + body)


def read_wav(path):
    """(samples as [frame][channel] float64, rate, bits, is_float)"""
    raw = pathlib.Path(path).read_bytes()
    assert raw[:4] == b"RIFF" and raw[8:12] == b"WAVE", "not a WAV file"
    chunks, place = {}, 12
    while place + 8 <= len(raw):
        name, size = struct.unpack_from("<4sI", raw, place)
        chunks[name] = raw[place + 8:place + 8 + size]
        place += 8 + size + size % 2
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunks[b"fmt "])
    if kind == 0xFFFE:
        kind = struct.unpack_from("<H", chunks[b"fmt "], 24)[0]
    data = chunks[b"data"]
    if kind == 3:
        samples = numpy.frombuffer(data, "<f4").astype(float)
    elif bits == 16:
        samples = numpy.frombuffer(data, "<i2") / 2.0**15
    else:
        bytes_ = numpy.frombuffer(data, numpy.uint8).reshape(-1, 3).astype(numpy.int32)
        samples = ((bytes_[:, 0] | bytes_[:, 1] << 8 | bytes_[:, 2] << 16) << 8 >> 8) / 2.0**23
    return samples.reshape(-1, channels), rate, bits, kind == 3


def noise(frames, channels, seed=1):
    generator = numpy.random.Generator(numpy.random.PCG64(seed))
    return (generator.uniform(-0.5, 0.5, (frames, channels))).astype(numpy.float32)
