#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Two LMMS windows share one daemon, one runner and one copy of the model."""

import pathlib
import re
import unittest

from lmmslab import project, sandbox
from lmmslab.desk import Desk
from lmmslab.sandbox import Sandbox, wait_until


def memory(pid):
    """Megabytes: resident, and proportional (shared pages divided by their sharers)."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return tuple(int(re.search(rf"^{name}:\s+(\d+)", text, re.M).group(1)) / 1024 for name in ("Rss", "Pss"))


class Shared(unittest.TestCase):
    def test_two_windows_one_daemon_one_runner_one_model(self):
        with Sandbox() as world:
            desk = Desk(world)
            song = project.song(project.effect(parameters={"drive": 5}))
            windows = [desk.open(song, "one")]
            alone = self.await_streams(world, 1)
            before = memory(alone["runners"][0]["pid"])
            windows.append(desk.open(song, "two"))
            status = self.await_streams(world, 2)

            self.assertEqual(status["daemon_pid"], alone["daemon_pid"])
            self.assertEqual([runner["pid"] for runner in status["runners"]], [alone["runners"][0]["pid"]])
            runner = status["runners"][0]
            self.assertEqual(len(runner["models"]), 1, "one copy of the weights")
            self.assertEqual(runner["streams"], 2)
            self.assertEqual({stream["runner_pid"] for stream in status["streams"]}, {runner["pid"]})
            daemons = [process for process in world.leftovers() if "continuod" in process.command().split()[0]]
            self.assertEqual(len(daemons), 1)

            after = memory(runner["pid"])
            print()
            for name, pid in (("LMMS 1", windows[0].pid), ("LMMS 2", windows[1].pid),
                              ("continuod", status["daemon_pid"]), ("continuo-runner", runner["pid"])):
                print("{:16} RSS {:7.1f} MB   PSS {:7.1f} MB".format(name, *memory(pid)))
            print(f"the second window added {after[1] - before[1]:.1f} MB to the runner's PSS of {before[1]:.1f} MB")
            self.assertLess(after[1] - before[1], 0.25 * before[1], "the runner holds the model twice")
            for window in windows:
                desk.quit(window)
            reports = world.reports()
            self.assertEqual([report["connection"] for report in reports], ["connected"] * 2)

    def await_streams(self, world, count):
        def ready():
            status = world.status()
            streams = status["streams"] if status else []
            return status if [stream["state"] for stream in streams] == ["ready"] * count else None

        status = wait_until(ready, 30, 0.2)
        self.assertIsNotNone(status, f"no {count} streams: {world.status()}")
        return status


if __name__ == "__main__":
    sandbox.main()
