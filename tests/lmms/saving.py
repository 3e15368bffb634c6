#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how long the real LMMS takes to save and to open a song of 200 generated patterns, with
what is ours and without, and with an effect of ours that carries no list; docs/projects.md has the figures.

Use: CONTINUO_BUILD=build/release tests/lmms/saving.py [--turns N] [--notes N] [--mmpz] [--before PLUGINS]
--notes is how many a pattern has; four bars of a melody and its chords have some 50 in two patterns.
--before names a folder with the plugins of another version, which is measured in the same turns.
Each LMMS has a song, and they save, then open, in turn. What is counted is the processor's time of
LMMS's main thread, which does all of it, from the key until the file or the window's title is there:
others on the machine do not change it, and a turn is as near in time as can be. The time of the clock is
told beside it.
"""

import argparse
import hashlib
import pathlib
import shutil
import statistics
import time

from lmmslab import project
from lmmslab.desk import Desk, written
from lmmslab.sandbox import Sandbox, wait_until

PATTERNS = 200
BARS = 2
WEIGHTS = hashlib.sha256(b"weights").hexdigest()


def recipe(number):
    return hashlib.sha256(str(number).encode()).hexdigest()


def song(ours, listed, count):
    notes = "\n".join(project.note(57 + i % 12, 384 * i // count, 12) for i in range(count))
    patterns = "".join(f'<pattern muted="0" type="1" steps="16" name="Melody (seed {i})" pos="{i * BARS * 192}">{notes}</pattern>'
                       for i in range(PATTERNS))
    # In the first schema, which every version reads, and writes in its own.
    clips = "".join(f'<clip track="Synth" bar="{1 + i * BARS}" bars="{BARS}" task="melody" model="melody" model_version="1.0.0" '
                    f'weights="{WEIGHTS}" seed="{i}" record="r{recipe(i)[:16]}" candidate="1" score="{0.7 + i / 1000:.3f}" '
                    f'recipe="{recipe(i)}" license="CC-BY-4.0" attribution="The Continuo project"/>' for i in range(PATTERNS))
    effect = project.effect(model="", children=f'<generated schema="1">{clips}</generated>' if listed else "") if ours else ""
    return project.song(effect.replace('on="1"', 'on="0"'), notes=[" "], bars=1).replace("      </track>", patterns + "</track>", 1)


class Host:
    """An LMMS with its song. `took` is (seconds of the processor, of the clock)."""

    def __init__(self, name, options, ours=True, listed=True, plugins=None):
        self.name = name
        self.world = Sandbox()
        if plugins:
            self.world.environment["LMMS_PLUGIN_DIR"] = str(plugins)
        # The recipes lie there, as after the first save: they are not written again.
        folder = self.world.root / f"{name}.continuo"
        folder.mkdir()
        for i in range(PATTERNS):
            (folder / f"{recipe(i)}.json.zst").touch()
        self.desk = Desk(self.world)
        self.lmms = self.desk.open(song(ours, listed, options.notes), name=name, compressed=options.mmpz)
        self.thread = pathlib.Path(f"/proc/{self.lmms.pid}/task/{self.lmms.pid}/schedstat")
        self.opened = 0

    def took(self, begin, done, what):
        processor, clock = int(self.thread.read_text().split()[0]), time.monotonic()
        begin()
        if not wait_until(done, 60, 0.002):
            raise AssertionError(f"LMMS did not {what}: {self.desk.screenshot(what)}")
        return (int(self.thread.read_text().split()[0]) - processor) / 1e9, time.monotonic() - clock

    def save(self):
        before = written(self.lmms.source)
        return self.took(lambda: self.desk.key(self.lmms, "ctrl+s"),
                         lambda: written(self.lmms.source) not in (None, before), "save")

    def open(self):
        """A copy of what was saved, under a name that it has not now."""
        self.opened += 1
        copy = self.lmms.source.with_stem(f"{self.name}-{self.opened % 2}")
        shutil.copy(self.lmms.source, copy)
        self.desk.key(self.lmms, "ctrl+o")
        dialog = self.desk.dialog("Open Project")
        self.desk.tool("xdotool", "windowfocus", dialog.window, "type", str(copy))
        title = lambda: self.desk.tool("xdotool", "getwindowname", self.lmms.window, check=False)
        took = self.took(lambda: self.desk.tool("xdotool", "key", "Return"),
                         lambda: title().startswith(copy.stem + " "), "open")
        time.sleep(1)  # it draws
        return took


def measure(hosts, turns, act):
    """Turns of what each host took, in the order of `hosts`."""
    for host in hosts:
        act(host)  # the first one finds nothing in caches
    rows = []
    for turn in range(turns):
        order = hosts[turn % len(hosts):] + hosts[:turn % len(hosts)]
        took = {host: act(host) for host in order}
        rows.append([took[host] for host in hosts])
    return rows


def tell(verb, hosts, rows):
    for which, clock in enumerate(("processor", "clock")):
        medians = [statistics.median(row[side][which] for row in rows) * 1e3 for side in range(len(hosts))]
        print(f"{verb}, {clock}: {hosts[0].name} {medians[0]:.1f} ms")
        for side, host in enumerate(hosts[1:], 1):
            ratios = statistics.quantiles([row[side][which] / row[0][which] for row in rows], n=4)
            print(f"  {host.name} {medians[side]:.1f} ms; ratio of turns: median {ratios[1]:.3f}, "
                  f"quartiles {ratios[0]:.3f} and {ratios[2]:.3f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--notes", type=int, default=24)
    parser.add_argument("--mmpz", action="store_true")
    parser.add_argument("--before", type=pathlib.Path)
    options = parser.parse_args()
    hosts = []
    try:
        hosts.append(Host("without", options, ours=False))
        hosts.append(Host("effect", options, listed=False))
        hosts.append(Host("with", options))
        if options.before:
            hosts.append(Host("before", options, plugins=options.before.resolve()))
        saves = measure(hosts, options.turns, Host.save)
        print(f"{options.turns} turns; bytes:", ", ".join(f"{host.name} {host.lmms.source.stat().st_size}" for host in hosts))
        tell("save", hosts, saves)
        tell("open", hosts, measure(hosts, max(4, options.turns // 4), Host.open))
        for host in hosts:
            host.desk.quit(host.lmms)
    finally:
        for host in hosts:
            host.world.close()


if __name__ == "__main__":
    main()
