#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Notes by request, jobs and the history, as their users meet them: real daemon, real runner, and
a model of the tests that writes notes by hashing."""
import json
import os
import signal
import subprocess
import unittest

import ctl_harness
from ctl_harness import BAD_INPUT, BAD_OUTPUT, CTL, FAILED, OK, REFUSED, USAGE, CtlTest, wait_until

MODEL = ("--model", "fake-notes")
SLOW = ("--model", "fake-notes-slow", "--bars", "64", "--candidates", "8")  # 4 s, unless it is ended before


def lines(result):
    return [json.loads(line) for line in result.out.splitlines()]


def named(events, name):
    return [event[name] for event in events if name in event]


class GenerateTest(CtlTest):
    def make(self, *arguments):
        """The events of a new melody."""
        events = lines(self.succeeds("--json", "generate", "melody", *MODEL, *arguments))
        return events, named(events, "done")[0]["record_id"]

    def test_a_melody_is_written_and_is_the_same_for_the_same_seed(self):
        self.succeeds("generate", "melody", *MODEL, "--bars", 4, "--seed", 7, "-o", "a.mid")
        self.succeeds("generate", "melody", *MODEL, "--bars", 4, "--seed", 7, "-o", "b.mid")
        self.succeeds("generate", "melody", *MODEL, "--bars", 4, "--seed", 8, "-o", "c.mid")
        first, same, other = ((self.work / name).read_bytes() for name in ("a.mid", "b.mid", "c.mid"))
        self.assertEqual(first[:4], b"MThd")
        self.assertEqual(first, same)
        self.assertNotEqual(first, other)
        self.assertGreater(self.succeeds("--json", "midi", "info", "a.mid").json["notes"], 0)

    def test_what_happens_is_told_in_order(self):
        events, record = self.make("--bars", 2, "--candidates", 2, "--seed", 1)
        names = [next(key for key in event if key not in ("job_id",)) for event in events[:-1]]
        self.assertEqual(names[0], "queued")
        self.assertEqual(names[1], "started")
        self.assertEqual(names[-1], "done")
        self.assertEqual(names.count("candidate"), 2)
        self.assertTrue(record.startswith("r"))
        self.assertEqual(events[-1], {"written": []})
        text = self.succeeds("generate", "melody", *MODEL, "--bars", 2, "--seed", 1).out
        for word in ("queued", "fake-notes@1.0.0", "seed 1", "candidate 1", "done in", "record r"):
            self.assertIn(word, text)
        self.assertNotIn("\033", text)

    def test_files_of_lmms_and_pictures(self):
        self.succeeds("generate", "melody", *MODEL, "--seed", 3, "-o", "a.xpt", "--png", "a.png")
        self.assertIn("<midiclip", (self.work / "a.xpt").read_text())
        self.assertEqual((self.work / "a.png").read_bytes()[:4], b"\x89PNG")
        self.succeeds("generate", "melody", *MODEL, "--seed", 3, "--candidates", 3, "--all",
                      "-o", "b.mid", "--png", "b.png")
        self.assertEqual(sorted(p.name for p in self.work.glob("b*")),
                         ["b-2.mid", "b-3.mid", "b.mid", "b.png"])
        self.succeeds("continue", "a.xpt", *MODEL, "--bars", 2, "--seed", 3, "-o", "longer.xpt")
        self.assertGreater(self.succeeds("--json", "midi", "info", "longer.xpt").json["notes"], 0)

    def test_a_dry_run_makes_nothing(self):
        before = self.succeeds("--json", "history", "list").json["records"]
        plan = self.succeeds("--json", "generate", "melody", *MODEL, "--bars", 4, "--seed", 5,
                             "--dry-run").json
        self.assertEqual(plan["model"], "fake-notes")
        self.assertEqual(plan["request"]["bars"], 4)
        self.assertEqual(self.succeeds("--json", "history", "list").json["records"], before)

    def test_what_makes_no_sense_is_refused_by_name(self):
        self.refuses(USAGE, ["--macro"], "generate", "melody", "--macro", "busy")
        self.refuses(USAGE, ["--range"], "generate", "melody", "--range", "C4")
        self.refuses(USAGE, ["--range", "H2"], "generate", "melody", "--range", "H2-C4")
        self.refuses(USAGE, ["--signature"], "generate", "melody", "--signature", "waltz")
        self.refuses(USAGE, ["--detach", "history export"], "generate", "melody", "--detach",
                     "-o", "a.mid")
        self.refuses(USAGE, [".wav"], "generate", "melody", *MODEL, "-o", "a.wav")
        self.refuses(REFUSED, ["no-such-model"], "generate", "melody", "--model", "no-such-model")
        self.refuses(REFUSED, ["bars"], "generate", "melody", *MODEL, "--bars", 100000)
        self.refuses(BAD_INPUT, ["gone.mid"], "vary", "gone.mid", *MODEL)
        (self.work / "there.mid").write_bytes(b"x")
        self.refuses(BAD_OUTPUT, ["there.mid"], "generate", "melody", *MODEL, "-o", "there.mid")
        self.refuses(BAD_INPUT, ["there.mid"], "vary", "there.mid", *MODEL)
        self.refuses(USAGE, ["--bars"], "infill", "there.mid", "--bars", "4-3")

    def test_ctrl_c_cancels(self):
        process = subprocess.Popen(
            [CTL, "--no-autostart", "--json", "generate", "melody", *SLOW,
             "-o", "a.mid"],
            env=self.home.environment, cwd=self.work, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        events = []
        while not events or "started" not in events[-1]:
            events.append(json.loads(process.stdout.readline()))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(ctl_harness.WATCHDOG_S), -signal.SIGINT)
        self.assertEqual(os.listdir(self.work), [])
        job = events[0]["job_id"]
        wait_until("the job has ended", lambda: self.state_of(job) == "JOB_STATE_CANCELLED")

    def state_of(self, job):
        jobs = self.succeeds("--json", "jobs", "list").json["jobs"]
        return next((one["state"] for one in jobs if one["id"] == job), None)

    def test_a_detached_job_goes_on_and_is_watched(self):
        events = lines(self.succeeds("--json", "generate", "melody", *MODEL, "--seed", 77, "--detach"))
        job = events[0]["job_id"]
        wait_until("it is done", lambda: self.state_of(job) == "JOB_STATE_DONE")
        records = self.succeeds("--json", "history", "list").json["records"]
        self.assertIn(77, [record["plan"]["request"]["seed"] for record in records])

    def test_jobs_are_cancelled_by_name(self):
        events = lines(self.succeeds("--json", "generate", "melody", *SLOW, "--detach"))
        job = events[0]["job_id"]
        self.succeeds("jobs", "cancel", job)
        wait_until("it has ended", lambda: self.state_of(job) == "JOB_STATE_CANCELLED")
        self.assertIn("cancelled", self.succeeds("jobs").out)
        self.refuses(REFUSED, ["j0000"], "jobs", "cancel", "j0000000000000000")
        self.refuses(REFUSED, ["j0000"], "jobs", "watch", "j0000000000000000")

    def test_a_record_has_what_was_made(self):
        _, record = self.make("--bars", 4, "--seed", 11, "--candidates", 2)
        shown = self.succeeds("--json", "history", "show", record).json
        self.assertEqual(shown["plan"]["request"]["seed"], 11)
        self.assertEqual(len(shown["candidates"]), 2)
        text = self.succeeds("history", "show", record[:9]).out
        for word in (record, "fake-notes@1.0.0", "seed 11", "candidate 2"):
            self.assertIn(word, text)
        self.succeeds("history", "export", record, "-o", "out")
        folder = self.work / "out" / record
        self.assertEqual(sorted(os.listdir(folder)),
                         ["candidate-1.mid", "candidate-2.mid", "record.json"])
        self.succeeds("generate", "melody", *MODEL, "--bars", 4, "--seed", 11, "-o", "again.mid")
        self.assertEqual((folder / "candidate-1.mid").read_bytes(),
                         (self.work / "again.mid").read_bytes())
        self.refuses(BAD_OUTPUT, ["there already"], "history", "export", record, "-o", "out")

    def test_stars_ratings_titles_and_searches(self):
        _, record = self.make("--bars", 2, "--seed", 21, "--candidates", 2)
        self.succeeds("history", "star", record)
        self.succeeds("history", "rate", record, 4, "--candidate", 2)
        self.succeeds("history", "title", record, "--title", "Étude one", "--comment", "keep it")
        found = self.succeeds("--json", "history", "search", "etude").json["records"]
        self.assertEqual([one["id"] for one in found], [record])
        self.assertTrue(found[0]["starred"])
        self.assertEqual((found[0]["rating"], found[0]["rated_candidate"]), (4, 1))
        self.assertIn(record, self.succeeds("history", "list", "--starred").out)
        self.succeeds("history", "unstar", record)
        self.assertNotIn(record, self.succeeds("history", "list", "--starred").out)
        self.refuses(REFUSED, ["rating"], "history", "rate", record, 9)
        self.refuses(REFUSED, ["rffff"], "history", "show", "rffffffffffffffff")

    def test_pruning(self):
        _, record = self.make("--bars", 2, "--seed", 31)
        dry = self.succeeds("--json", "history", "prune", record, "--dry-run").json
        self.assertEqual(dry["removed"], [record])
        self.succeeds("history", "show", record)
        done = self.succeeds("--json", "history", "prune", record).json
        self.assertEqual(done, dry)
        self.refuses(REFUSED, [record], "history", "show", record)
        self.refuses(USAGE, ["--keep"], "history", "prune")

    def test_two_records_are_compared(self):
        _, left = self.make("--bars", 4, "--seed", 41)
        _, right = self.make("--bars", 4, "--seed", 42)
        compared = self.succeeds("--json", "history", "compare", left, right, "--png", "c.png").json
        self.assertFalse(compared["identical"])
        self.assertEqual(compared["left"]["record"], left)
        self.assertGreater(compared["left"]["figures"]["notes"], 0)
        self.assertEqual((self.work / "c.png").read_bytes()[:4], b"\x89PNG")
        self.assertTrue(self.succeeds("--json", "history", "compare", left, left).json["identical"])
        self.assertIn("byte for byte", self.succeeds("history", "compare", left, left).out)
        self.refuses(REFUSED, ["candidate 3"], "history", "compare", left + ":3", right)

    def test_a_record_is_made_again_byte_for_byte(self):
        _, record = self.make("--bars", 4, "--seed", 51, "--candidates", 3)
        last = lines(self.succeeds("--json", "history", "regenerate", record))[-1]
        self.assertEqual((last["finished"], last["identical"], last["difference"]), (True, True, ""))
        self.assertIn("every byte", self.succeeds("history", "regenerate", record).out)
        self.refuses(REFUSED, ["rffff"], "history", "regenerate", "rffffffffffffffff")

    def test_new_ones_derive_from_old_ones(self):
        _, record = self.make("--bars", 2, "--seed", 61)
        for verb in ("vary", "extend"):
            events = lines(self.succeeds("--json", "history", verb, record, "--seed", 5))
            child = named(events, "done")[0]["record_id"]
            shown = self.succeeds("--json", "history", "show", child).json
            self.assertEqual(shown["parents"], [record])
        children = self.succeeds("--json", "history", "list", "--parent", record).json["records"]
        self.assertEqual(len(children), 2)


if __name__ == "__main__":
    unittest.main()
