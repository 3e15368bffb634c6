# SPDX-License-Identifier: Apache-2.0
"""A private world for LMMS, daemon and runners: own home, own socket, nothing left behind.

Every process started here, and every one that those start, carries CONTINUO_SANDBOX in its
environment, so the end of a test finds them all, by process id, also after a failure.
"""

import glob
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path(os.environ.get("CONTINUO_BUILD", "build/release")).resolve()
SKIPPED = 77

LMMSRC = """<?xml version="1.0"?>
<!DOCTYPE lmms-config-file>
<lmms version="1.2.2">
  <app configured="1" nommpz="1" openlastproject="0"/>
  <ui enableautosave="0"/>
  <mixer audiodev="{audio}" mididev="Dummy (no MIDI support)" framesperaudiobuffer="{period}" samplerate="44100"/>
  <audiojack clientname="lmms" channels="2"/>
  <paths artwork="data:/themes/default/" workingdir="{home}/Documents/lmms/"/>
</lmms>
"""
JACK = "JACK (JACK Audio Connection Kit)"
DUMMY = "Dummy (no sound output)"


class Process:
    """One process by id, told apart from a later one with the same id."""

    def __init__(self, pid):
        self.pid = pid
        self.started = self._start_time()

    def _start_time(self):
        try:
            return pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
        except OSError:
            return None

    def alive(self):
        try:
            state = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return False
        return state not in "ZX" and self._start_time() == self.started

    def command(self):
        try:
            return pathlib.Path(f"/proc/{self.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except OSError:
            return ""

    def signal(self, number):
        if self.alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass


def wait_until(condition, seconds, interval=0.02):
    """The condition's value once it is true, or its last value at the end of the time."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(interval)


class Sandbox:
    def __init__(self, audio=DUMMY, period=256, tour=False):
        """`tour`: whether the studio's tour is still to come."""
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="clx"))
        self.home = self.root / "home"
        self.socket = self.root / "run" / "c.sock"
        self.report_path = self.root / "report.jsonl"
        (self.home / "Documents" / "lmms").mkdir(parents=True)
        (self.root / "run").mkdir(mode=0o700)
        settings = self.home / ".config/continuo/studio.ini"
        settings.parent.mkdir(parents=True)
        settings.write_text(f"[tour]\nseen={'false' if tour else 'true'}\n")
        (self.home / ".lmmsrc.xml").write_text(LMMSRC.format(audio=audio, period=period, home=self.home))
        self.environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.home / ".local/share"),
            "XDG_STATE_HOME": str(self.home / ".local/state"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "XDG_RUNTIME_DIR": str(self.root / "run"),
            "LMMS_PLUGIN_DIR": str(BUILD / "lib/lmms"),
            "CONTINUO_SANDBOX": str(self.root),
            "CONTINUO_SOCKET": str(self.socket),
            "CONTINUO_DAEMON": str(BUILD / "bin/continuod"),
            "CONTINUO_REPORT": str(self.report_path),
        }
        self.children = []
        self.rubbish = []  # globs of files outside the root, of programs that leave some
        self.logs = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start(self, *argv, environment=None, **keywords):
        """Starts a process in the sandbox; its words go to a file, `process.log`."""
        self.logs += 1
        log = self.root / f"{self.logs:02}-{pathlib.Path(str(argv[0])).name}.log"
        with open(log, "wb") as out:
            process = subprocess.Popen([str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       cwd=self.root, env={**self.environment, **(environment or {})}, **keywords)
        process.log = log
        self.children.append(process)
        return process

    def run(self, *argv, timeout=120, check=True, environment=None):
        process = self.start(*argv, environment=environment)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{argv}: not done in {timeout} s\n{process.log.read_text(errors='replace')}")
        if check and process.returncode != 0:
            raise AssertionError(f"{argv}: exit {process.returncode}\n{process.log.read_text(errors='replace')}")
        return process

    def render(self, project, name, *options, rate=("-x", "1"), timeout=240, environment=None):
        """LMMS renders a project to 32-bit float; the path of the WAV."""
        source, wav = self.root / f"{name}.mmp", self.root / f"{name}.wav"
        source.write_text(project)
        process = self.run("lmms", "--allowroot", "render", source, "-o", wav, "-f", "wav", "-a", *rate, *options,
                           timeout=timeout, environment=environment)
        if not wav.exists():
            raise AssertionError(f"LMMS wrote no {wav.name}\n{process.log.read_text(errors='replace')}")
        return wav

    def ctl(self, *argv, timeout=120):
        """continuoctl's JSON."""
        words = [BUILD / "bin/continuoctl", "--json", "--socket", self.socket, *argv]
        done = subprocess.run([str(word) for word in words], cwd=self.root, env=self.environment, timeout=timeout,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def status(self):
        """The daemon's status, or None where none answers."""
        try:
            return self.ctl("--no-autostart", "status", timeout=20)
        except AssertionError:
            return None

    def daemon_log(self):
        """What daemon and runners have told, for the message of a failure."""
        logs = sorted((self.home / ".local/state/continuo").glob("continuod*.log"))
        return "".join(path.read_text(errors="replace") for path in logs)

    def reports(self):
        """What the effects wrote when they ended, oldest first."""
        if not self.report_path.exists():
            return []
        return [json.loads(line) for line in self.report_path.read_text().splitlines()]

    def processes(self):
        """Everything that lives in this sandbox."""
        mark = f"CONTINUO_SANDBOX={self.root}".encode()
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(Process(int(entry.name)))
            except OSError:
                continue
        return [process for process in found if process.alive()]

    def leftovers(self):
        """Daemons and runners that are still there."""
        return [process for process in self.processes() if "continuo" in process.command().split(" ")[0]]

    def close(self):
        processes = self.processes()
        for process in processes:
            process.signal(signal.SIGCONT)
            process.signal(signal.SIGTERM)
        wait_until(lambda: not any(process.alive() for process in processes), 5)
        for process in self.processes():
            process.signal(signal.SIGKILL)
        for child in self.children:
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
        for pattern in self.rubbish:
            for path in glob.glob(pattern):
                pathlib.Path(path).unlink(missing_ok=True)
        if os.environ.get("CONTINUO_KEEP"):
            print(f"kept: {self.root}", file=sys.stderr)
        else:
            shutil.rmtree(self.root, ignore_errors=True)


def main():
    """Runs the tests of the calling file; 77 where there is no LMMS to test with."""
    if shutil.which("lmms") is None:
        print("LMMS is not installed")
        sys.exit(1 if os.environ.get("CI") else SKIPPED)
    plugin = BUILD / "lib/lmms/libcontinuofx.so"
    if not plugin.exists():
        sys.exit(f"{plugin} was not built")
    unittest.main(verbosity=2)
