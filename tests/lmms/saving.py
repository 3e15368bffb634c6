#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how long the real LMMS takes to save a song of 200 generated patterns, with what is ours and
without; docs/projects.md has the figure.

Use: CONTINUO_BUILD=build/release tests/lmms/saving.py [TURNS [NOTES]]
NOTES is how many a pattern has; four bars of a melody and its chords have some 50 in two patterns.
Two LMMS have a song each, and save in turn. What is counted is the processor's time of LMMS's main
thread, which does all of it, from the key until the file is there: others on the machine do not change
it, and a pair is as near in time as can be. The time of the clock is told beside it.
"""

import pathlib
import statistics
import sys
import time

from lmmslab import project
from lmmslab.desk import Desk
from lmmslab.sandbox import Sandbox, wait_until

PATTERNS = 200
BARS = 2


def digest(number):
    return f"{number + 1:064x}"


def song(ours, count):
    notes = "\n".join(project.note(57 + i % 12, 384 * i // count, 12) for i in range(count))
    patterns = "".join(f'<pattern muted="0" type="1" steps="16" name="Melody (seed {i})" pos="{i * BARS * 192}">{notes}</pattern>'
                       for i in range(PATTERNS))
    clips = "".join(f'<clip track="Synth" bar="{1 + i * BARS}" bars="{BARS}" task="melody" model="melody" model_version="1.0.0" '
                    f'weights="{i:064x}" seed="{i}" record="r{i:016x}" candidate="1" score="0.7" recipe="{digest(i)}" '
                    'license="CC-BY-4.0" attribution="The Continuo project"/>' for i in range(PATTERNS))
    effect = project.effect(model="", children=f'<generated schema="1">{clips}</generated>') if ours else ""
    return project.song(effect.replace('on="1"', 'on="0"'), notes=[" "], bars=1).replace("      </track>", patterns + "</track>", 1)


class Saver:
    def __init__(self, world, name, count):
        # The recipes lie there, as after the first save: they are looked for, and not written again.
        folder = world.root / f"{name}.continuo"
        folder.mkdir()
        for i in range(PATTERNS):
            (folder / f"{digest(i)}.json.zst").touch()
        self.desk = Desk(world)
        self.lmms = self.desk.open(song(name == "with", count), name=name)
        self.thread = pathlib.Path(f"/proc/{self.lmms.pid}/task/{self.lmms.pid}/schedstat")

    def processor_s(self):
        return int(self.thread.read_text().split()[0]) / 1e9

    def save(self):
        """Seconds of the processor, and of the clock."""
        before = self.lmms.source.stat().st_mtime_ns
        processor, clock = self.processor_s(), time.monotonic()
        self.desk.key(self.lmms, "ctrl+s")
        if not wait_until(lambda: self.lmms.source.stat().st_mtime_ns != before, 20, 0.002):
            raise AssertionError("LMMS did not save")
        return self.processor_s() - processor, time.monotonic() - clock


def main():
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 24
    with Sandbox() as one, Sandbox() as two:
        without, ours = Saver(one, "without", count), Saver(two, "with", count)
        for saver in (without, ours):
            saver.save()  # the first finds nothing in caches
        pairs = []
        for turn in range(turns):
            order = (without, ours) if turn % 2 else (ours, without)
            took = {saver: saver.save() for saver in order}
            pairs.append((took[ours], took[without]))
        sizes = [saver.lmms.source.stat().st_size for saver in (ours, without)]
        for saver in (without, ours):
            saver.desk.quit(saver.lmms)
    for name, which in (("processor", 0), ("clock", 1)):
        ratios = statistics.quantiles([ours[which] / without[which] for ours, without in pairs], n=4)
        medians = [statistics.median(pair[side][which] for pair in pairs) * 1e3 for side in (0, 1)]
        print(f"{name}: with {medians[0]:.1f} ms, without {medians[1]:.1f} ms; ratio of pairs: median {ratios[1]:.3f}, "
              f"quartiles {ratios[0]:.3f} and {ratios[2]:.3f}")
    print(f"{turns} pairs; {sizes[0]} and {sizes[1]} bytes")


if __name__ == "__main__":
    main()
