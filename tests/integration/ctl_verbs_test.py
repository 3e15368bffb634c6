# SPDX-License-Identifier: Apache-2.0
"""The other verbs of continuoctl against a real daemon, in text and in JSON."""

import json
import os
import pty
import signal
import subprocess
import unittest

from ctl_harness import (CTL, FAILED, OK, REFUSED, CtlTest, noise, wait_until, write_wav)


class Verbs(CtlTest):
    def open_stream(self):
        """A stream that lives until it is closed: a render by a model that sleeps."""
        if not (self.work / "in.wav").exists():
            write_wav(self.work / "in.wav", noise(3 * 480000, 1), 48000)
        process = subprocess.Popen(
            [CTL, "process", "in.wav", "slow.wav", "--model", "fake-gain", "--set", "hang_ms=20",
             "--force", "--allow-dry"],
            env=self.home.environment, cwd=self.work, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        wait_until("the stream is ready", lambda: any(
            s["state"] == "ready" for s in self.streams()))
        return self.streams()[0]["stream_id"]

    def streams(self):
        return self.succeeds("--json", "stream", "list").json["streams"]

    def setUp(self):
        super().setUp()
        # Runs after the clean-ups that end the streams.
        self.addCleanup(wait_until, "the streams are closed", lambda: not self.streams())

    def test_status(self):
        status = self.succeeds("status", "--json").json
        self.assertEqual(status["daemon_pid"], self.daemon_process.pid)
        self.assertGreater(status["resident_bytes"], 1000000)
        self.assertEqual(status["streams"], [])
        text = self.succeeds("status").out
        self.assertIn("continuod " + status["daemon_version"], text)
        self.assertIn("process %d" % self.daemon_process.pid, text)
        self.assertIn("no stream is open", text)

    def test_status_shows_a_stream_and_its_runner(self):
        number = self.open_stream()
        status = self.succeeds("status", "--json").json
        stream = status["streams"][0]
        self.assertEqual((stream["model_id"], stream["channels"]), ("fake-gain", 1))
        self.assertIn(stream["runner_pid"], [r["pid"] for r in status["runners"]])
        text = self.succeeds("status").out
        self.assertIn("fake-gain 1.0.0", text)
        self.assertRegex(text, r"(?m)^%d +fake-gain" % number)

    def test_models_list(self):
        listed = self.succeeds("models", "list", "--json").json
        manifests = {m["manifest"]["id"]: m["manifest"] for m in listed["models"]}
        self.assertEqual(manifests["fake-gain"]["parameters"][0]["maximum"], 4)
        self.assertIn("drive", manifests)
        text = self.succeeds("models", "list").out
        self.assertRegex(text, r"(?m)^fake-gain +1\.0\.0 +fake +44100, 48000")

    def test_models_show(self):
        shown = self.succeeds("models", "show", "fake-gain", "--json").json
        self.assertEqual(shown["manifest"]["id"], "fake-gain")
        self.assertEqual(self.succeeds("models", "show", "fake-gain@1.0.0", "--json").json, shown)
        text = self.succeeds("models", "show", "fake-gain").out
        self.assertRegex(text, r"(?m)^gain +0 to 4 +1 ")
        self.assertIn("gain=0.5", text)

    def test_models_load_and_unload(self):
        loaded = self.succeeds("models", "load", "fake-delay", "--rate", "44100", "--json").json
        self.assertIn("44100", loaded["variant"])
        shown = self.succeeds("models", "show", "fake-delay", "--json").json
        self.assertEqual(shown["loaded_variants"], [loaded["variant"]])
        unloaded = self.succeeds("models", "unload", "fake-delay", "--json").json
        self.assertEqual(unloaded["unloaded_variants"], 1)
        self.assertIn("was not loaded", self.succeeds("models", "unload", "fake-delay").out)

    def test_a_model_in_use_is_not_unloaded(self):
        self.open_stream()
        word = self.refuses(REFUSED, ["fake-gain"], "models", "unload", "fake-gain")
        self.assertEqual(word, "failed_precondition")

    def test_stream_set_show_close(self):
        number = self.open_stream()
        self.assertEqual(self.succeeds("stream", "set", number, "gain=2", "--json").json,
                         {"stream_id": number, "values": {"gain": 2.0}})
        self.refuses(REFUSED, ["gain", "4"], "stream", "set", number, "gain=5")
        self.refuses(REFUSED, ["loudness"], "stream", "set", number, "loudness=1")
        # What it was called before.
        self.succeeds("stream", "set", number, "volume=1")
        wait_until("blocks are counted", lambda: self.succeeds(
            "stream", "show", number, "--json").json["blocks"] > 0)
        self.assertIn("stream %d:" % number, self.succeeds("stream", "show", number).out)
        self.succeeds("stream", "close", number)
        wait_until("it is closed", lambda: number not in [
            s["stream_id"] for s in self.streams()])

    def test_stream_link_and_unlink(self):
        number = self.open_stream()
        group = lambda: [s.get("link_group", "") for s in self.streams()]
        self.assertEqual(group(), [""])
        self.assertEqual(self.succeeds("stream", "link", number, "drums", "--json").json,
                         {"stream_id": number, "group": "drums"})
        # A render is linked to nothing while it lasts, so it has heard and has not joined.
        self.refuses(REFUSED, ["group", "64"], "stream", "link", number, "x" * 65)
        self.refuses(REFUSED, ["stream_id"], "stream", "link", number + 1, "drums")
        self.succeeds("stream", "unlink", number)

    def test_stream_keys_where_none_is_sent(self):
        self.assertIn("no key is sent", self.succeeds("stream", "keys").out)
        self.assertEqual(self.succeeds("stream", "keys", "--json").json, {"senders": []})

    def test_events(self):
        follower = subprocess.Popen(
            [CTL, "events", "--json"], env=self.home.environment, stdout=subprocess.PIPE,
            text=True)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)
        self.addCleanup(follower.stdout.close)
        # The subscription is known to stand when its first event has come.
        events = []
        number = self.open_stream()
        while not (events and events[-1].get("stream_changed", {}).get("stream", {}).get(
                "stream_id") == number):
            line = follower.stdout.readline()
            self.assertTrue(line, "the events ended")
            events.append(json.loads(line))
            self.assertIn("time_ms", events[-1])

    def test_bench(self):
        result = self.succeeds("stream", "bench", "--model", "fake-gain", "--period", "64,256",
                               "--seconds", "0.3", "--json").json
        self.assertEqual(result["model"]["id"], "fake-gain")
        # One run for each period and each way of waking.
        self.assertEqual([(r["period_frames"], r["wake"]) for r in result["runs"]],
                         [(64, "predict"), (64, "sleep"), (256, "predict"), (256, "sleep")])
        for run in result["runs"]:
            self.assertRegex(run["scheduling"], r"^SCHED_\w+.*; (predicts|sleeps)")
        for run in result["runs"]:
            self.assertEqual(run["mode"], "direct")
            self.assertEqual(run["blocks"], -(-0.3 * 48000 // run["period_frames"]))
            for figures in (run["round_trip_us"], run["bare_futex_us"]):
                self.assertGreater(figures["p50"], 0)
                self.assertLessEqual(figures["p50"], figures["p99"])
                self.assertLessEqual(figures["p99"], figures["max"])
            self.assertAlmostEqual(
                run["ratio"]["p50"], run["round_trip_us"]["p50"] / run["bare_futex_us"]["p50"])

    def test_bench_in_text_many_streams_and_pipelined(self):
        text = self.succeeds("stream", "bench", "--period", "256", "--seconds", "0.2", "--streams",
                             "3", "--channels", "1", "--mode", "pipelined").out
        self.assertIn("streams 3", text)
        self.assertIn("bare futex", text)
        self.assertIn("the call does not wait", text)

    def test_doctor(self):
        result = self.ctl("doctor", "--json")
        findings = {f["topic"]: f for f in result.json["findings"]}
        problems = [f for f in result.json["findings"] if f["level"] == "problem"]
        self.assertEqual(result.json["problems"], len(problems))
        self.assertEqual(result.code, FAILED if problems else OK)
        for topic in ("cpu", "governor", "real-time", "memory-lock", "shared-memory", "runner",
                      "libtorch", "blas", "vulkan", "cuda", "lmms", "socket", "data",
                      "configuration", "state", "daemon", "models"):
            self.assertIn(topic, findings)
        for finding in problems:
            self.assertTrue(finding["remedy"], finding)
        self.assertIn("LibTorch", findings["libtorch"]["text"])
        self.assertIn(str(self.daemon_process.pid), findings["daemon"]["text"])
        self.assertEqual(self.ctl("doctor").code, result.code)

    def test_progress_bar_on_a_terminal_alone(self):
        write_wav(self.work / "in.wav", noise(48000, 1), 48000)
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [CTL, "process", "in.wav", "out.wav", "--model", "fake-gain", "--set", "hang_ms=10"],
            env=self.home.environment, cwd=self.work, stdout=subprocess.PIPE, stderr=slave)
        os.close(slave)
        shown = b""
        try:
            while chunk := os.read(master, 4096):
                shown += chunk
        except OSError:
            pass  # the other end is closed
        os.close(master)
        process.communicate()
        self.assertEqual(process.returncode, 0)
        self.assertIn(b"in.wav [", shown)
        self.assertTrue(shown.endswith(b"\r\x1b[K"), shown[-20:])


class Autostart(CtlTest):
    daemon = False

    def test_the_first_client_starts_a_daemon_and_others_find_it(self):
        self.assertEqual(self.ctl("doctor", "--json").code, OK)
        self.assertFalse(self.home.processes(), "doctor started something")
        result = self.succeeds("status", "--json")
        first = result.json["daemon_pid"]
        try:
            self.assertEqual(result.err, "", "the daemon wrote into its first client's terminal")
            self.assertEqual(self.succeeds("status", "--json").json["daemon_pid"], first)
            self.assertIn(first, self.home.processes())
        finally:
            os.kill(first, signal.SIGTERM)
        wait_until("it has ended", lambda: not self.home.processes())


class Alone(CtlTest):
    daemon = False

    def test_version(self):
        text = self.succeeds("--version").out
        self.assertRegex(text, r"^continuoctl \d+\.\d+\.\d+ ")
        self.assertIn(self.succeeds("--version", "--json").json["version"], text)

    def test_help_tells_the_exit_codes(self):
        for arguments in (["--help"], ["process", "--help"], ["stream", "bench", "--help"]):
            text = self.succeeds(*arguments).out
            self.assertIn("Exit codes:", text)
            for code in range(7):
                self.assertRegex(text, r"(?m)^ +%d  \w" % code)

    def test_doctor_without_blas_remedy_names_reference_blas(self):
        # A machine whose libblas is the reference one: the same program, its search path bent.
        reference = "/usr/lib/x86_64-linux-gnu/blas"
        if not os.path.exists(reference + "/libblas.so.3"):
            self.skipTest("NOT RUN: libblas3, the reference BLAS, is not installed")
        result = self.ctl("doctor", "--json", environment={"LD_LIBRARY_PATH": reference})
        findings = {f["topic"]: f for f in result.json["findings"]}
        self.assertEqual(findings["blas"]["level"], "problem", findings["blas"])
        self.assertEqual(findings["blas"]["remedy"], "install libopenblas0-pthread")
        self.assertEqual(result.code, FAILED)


if __name__ == "__main__":
    unittest.main()
