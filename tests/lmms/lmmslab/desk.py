# SPDX-License-Identifier: Apache-2.0
"""A display without a screen, a sound server without a card, and LMMS on both."""

import os
import re
import subprocess
import time
import types
import zlib

from .sandbox import BUILD, wait_until

SCREENSHOTS = BUILD / "screenshots"
WIDTH, HEIGHT = 1400, 900


def written(path):
    """When a file was; None for the moment in which LMMS has moved it away and the new one is not in its place."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


class Desk:
    """Xvfb, and jackd with its dummy driver, whose clock is exact and which counts missed periods."""

    def __init__(self, sandbox, jack_period=0):
        self.sandbox = sandbox
        self.environment = {"QT_SCALE_FACTOR": "1", "JACK_NO_START_SERVER": "1"}
        read, write = os.pipe()
        self.xvfb = sandbox.start("Xvfb", "-displayfd", write, "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten",
                                  "tcp", pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as lines:
            number = lines.readline().strip()
        if not number:
            raise AssertionError(f"Xvfb: {self.xvfb.log.read_text()}")
        self.environment["DISPLAY"] = f":{number}"
        self.jack = None
        if jack_period:
            self.environment["JACK_DEFAULT_SERVER"] = f"continuo-{os.getpid()}"
            sandbox.rubbish.append(f"/dev/shm/jack_*continuo-{os.getpid()}_*")
            self.jack = sandbox.start("jackd", "-n", self.environment["JACK_DEFAULT_SERVER"], "-r", "-d", "dummy", "-r",
                                      "44100", "-p", jack_period, environment=self.environment)
            self.await_ports("system:playback_1")

    def await_ports(self, name, seconds=20):
        def there():
            return name in self.tool("jack_lsp", check=False)

        if not wait_until(there, seconds, 0.1):
            raise AssertionError(f"no JACK port {name}\n{self.jack.log.read_text(errors='replace')}")

    def tool(self, *argv, check=True):
        """Runs a small program on this desk; what it printed."""
        done = subprocess.run([str(word) for word in argv], env={**self.sandbox.environment, **self.environment},
                              cwd=self.sandbox.root, capture_output=True, text=True, timeout=30)
        if check and done.returncode != 0:
            raise AssertionError(f"{argv}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def open(self, project, name="song", compressed=False):
        """LMMS with that project in its window."""
        source = self.sandbox.root / f"{name}.mmp"
        source.write_text(project)
        if compressed:
            text = source.read_bytes()
            source = source.with_suffix(".mmpz")
            source.write_bytes(len(text).to_bytes(4, "big") + zlib.compress(text))
        lmms = self.sandbox.start("lmms", "--allowroot", "--geometry", f"{WIDTH}x{HEIGHT}+0+0", source,
                                  environment=self.environment)
        lmms.source = source
        lmms.window = wait_until(lambda: self.tool("xdotool", "search", "--onlyvisible", "--name", f"{name} - LMMS",
                                                   check=False).split(), 60, 0.2)
        if not lmms.window:
            self.screenshot("no-window")
            raise AssertionError(f"LMMS shows no window\n{lmms.log.read_text(errors='replace')}")
        lmms.window = lmms.window[-1]
        self.tool("xdotool", "windowfocus", lmms.window)
        time.sleep(1)
        return lmms

    def key(self, lmms, name):
        self.tool("xdotool", "windowfocus", lmms.window, "key", name)

    def click(self, x, y, button=1, modifier=None):
        held, let_go = (["keydown", modifier], ["keyup", modifier]) if modifier else ([], [])
        self.tool("xdotool", "mousemove", x, y, *held, "click", button, *let_go)

    def screenshot(self, name, area=None):
        """A picture of the desk, or of an area (x, y, width, height), kept with the build."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        crop = ["-crop", "{2}x{3}+{0}+{1}".format(*area)] if area else []
        self.tool("import", "-window", "root", *crop, path)
        return path

    def dialog(self, title):
        """The dialog with that title, as key() wants it."""
        found = wait_until(lambda: self.tool("xdotool", "search", "--onlyvisible", "--name", title,
                                             check=False).split(), 20, 0.2)
        if not found:
            raise AssertionError(f"no dialog '{title}': {self.screenshot('no-dialog')}")
        time.sleep(0.5)
        return types.SimpleNamespace(window=found[-1])

    def save(self, lmms):
        """Saves the song with LMMS's own key; its file."""
        before = written(lmms.source)
        self.key(lmms, "ctrl+s")
        if not wait_until(lambda: written(lmms.source) not in (None, before), 30):
            raise AssertionError(f"LMMS did not save: {self.screenshot('not-saved')}")
        time.sleep(0.3)
        return lmms.source

    def quit(self, lmms):
        """Leaves LMMS as its user would, so that its effects end in order."""
        self.key(lmms, "ctrl+q")
        if lmms.wait(30) != 0:
            raise AssertionError(f"LMMS ended with {lmms.returncode}\n{lmms.log.read_text(errors='replace')}")

    def missed_periods(self, client="lmms"):
        """Periods that the sound server went on without that client."""
        words = self.jack.log.read_text(errors="replace")
        return len(re.findall(rf"client = {client} was not finished|client {client} .*not finished", words))

    # Where LMMS's windows of project.song() are on this desk.
    PLAY = (56, 135)
    CHANNEL = (93, 602)
    CONTROLS = (497, 521)
    PANEL_TITLE = (740, 97)
    ADD_EFFECT = (444, 747)
    EFFECT = (420, 521)

    def play(self):
        self.click(*self.PLAY)

    def open_panel(self, move=(190, 30), scale=1):
        """Opens the effect's panel and puts it where nothing covers it."""
        for x, y in (self.CHANNEL, self.CONTROLS):
            self.click(scale * x, scale * y)
            time.sleep(0.5)
        x, y = self.PANEL_TITLE
        self.tool("xdotool", "mousemove", scale * x, scale * y, "mousedown", 1, "mousemove_relative", "--sync", 1, 1,
                  "mousemove", scale * (x + move[0]), scale * (y + move[1]), "mouseup", 1)
        time.sleep(0.5)

    def remove_effect(self):
        """By the effect's own menu in the rack."""
        self.click(*self.CHANNEL)
        time.sleep(0.5)
        self.click(*self.EFFECT, button=3)
        time.sleep(0.5)
        self.tool("xdotool", "key", "r")  # "Remove this plugin"

    def effect_dialog(self, words=""):
        """Opens LMMS's list of effects for the mixer channel, and searches it; the dialog's window."""
        self.click(*self.CHANNEL)
        time.sleep(0.3)
        self.click(*self.ADD_EFFECT)
        found = wait_until(lambda: self.tool("xdotool", "search", "--onlyvisible", "--name", "^Add effect$",
                                             check=False).split(), 20, 0.1)
        if not found:
            raise AssertionError(f"no list of effects: {self.screenshot('no-effects')}")
        self.tool("xdotool", "windowfocus", found[-1])
        time.sleep(0.5)
        if words:
            self.tool("xdotool", "type", words)
            time.sleep(0.5)
        return found[-1]

    def add_effect(self, name):
        """Adds the effect that the search for that name finds first."""
        dialog = self.effect_dialog(name)
        self.tool("xdotool", "key", "Return")
        gone = lambda: dialog not in self.tool("xdotool", "search", "--onlyvisible", "--name", "^Add effect$",
                                               check=False).split()
        if not wait_until(gone, 10, 0.1):
            raise AssertionError(f"nothing was chosen: {self.screenshot('not-chosen')}")
        time.sleep(0.5)

    def record(self, seconds, name="record"):
        """Starts recording what LMMS plays, from the sound server; 32-bit float."""
        path = self.sandbox.root / f"{name}.wav"
        process = self.sandbox.start("jack_rec", "-f", path, "-d", seconds, "-b", 32, "lmms:master out L1",
                                     "lmms:master out R1", environment=self.environment)
        process.wav = path
        return process
