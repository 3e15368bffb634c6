# SPDX-License-Identifier: Apache-2.0
"""Figures as people and programs get them: top, bench, and the socket for collectors."""

import os
import pty
import re
import select
import socket
import subprocess
import termios
import time
import struct
import fcntl
import unittest

from ctl_harness import CTL, OK, REFUSED, USAGE, CtlTest, wait_until

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    text_string_to_metric_families = None


class Metrics(CtlTest):
    configuration = '[metrics]\nsocket = "{home}/runtime_dir/metrics.sock"\n'

    def setUp(self):
        super().setUp()
        self.socket = str(self.home.path / "runtime_dir" / "metrics.sock")
        self.addCleanup(wait_until, "the streams are closed", lambda: not self.streams())

    def streams(self):
        return self.succeeds("--json", "stream", "list").json["streams"]

    def play(self, *arguments):
        """Streams that play until the test ends; all are open before the first plays."""
        before = self.top()["total"]["blocks"]
        process = subprocess.Popen(
            [CTL, "bench", "--model", "fake-gain", "--seconds", "600", "--no-autostart", *arguments],
            env=self.home.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        wait_until("blocks are counted", lambda: self.top()["total"]["blocks"] > before + 100)

    def top(self):
        return self.succeeds("--json", "top", "--once", "--interval", "0.1").json

    def get(self, request=b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", close=False):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(self.socket)
            connection.sendall(request)
            if close:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while True:
                part = connection.recv(65536)
                if not part:
                    return answer.decode()
                answer += part

    # --- bench

    def test_bench_counts_what_it_plays(self):
        result = self.succeeds("--json", "bench", "--model", "fake-gain", "--streams", "5",
                               "--seconds", "1", "--mode", "pipelined", "--callbacks", "2").json
        self.assertEqual(result["streams"]["opened"], 5)
        self.assertEqual(result["streams"]["pipelined"], 5)
        self.assertEqual(result["blocks"], 5 * 188)
        self.assertEqual(result["periods"], 2 * 188)
        self.assertEqual(result["call_us"]["count"], result["blocks"])
        self.assertGreater(result["stages_us"]["process"]["count"], 0)
        self.assertLessEqual(result["stages_us"]["process"]["p50"],
                             result["stages_us"]["process"]["p99"])
        self.assertEqual(result["stages_us"]["wait"]["count"], 0)
        self.assertTrue(any(name.startswith("core ") for name in result["loads"]))
        self.assertTrue(any(name.startswith("runner ") for name in result["loads"]))

    def test_bench_in_direct_mode_waits(self):
        result = self.succeeds("--json", "bench", "--model", "fake-gain", "--streams", "2",
                               "--seconds", "1", "--mode", "direct").json
        self.assertEqual(result["streams"]["direct"], 2)
        self.assertGreater(result["stages_us"]["wait"]["count"], 0)
        text = self.succeeds("bench", "--model", "fake-gain", "--seconds", "0.5",
                             "--streams", "1", "--mode", "direct").out
        self.assertIn("1 of 1 streams: 1 direct, 0 pipelined", text)
        self.assertRegex(text, r"(?m)^wait: of the callback +[\d.]+ +[\d.]+ +[\d.]+$")

    def test_bench_refuses_what_makes_no_sense(self):
        self.refuses(USAGE, ["--model"], "bench")
        self.refuses(USAGE, ["--streams"], "bench", "--model", "x", "--streams", "0")
        self.refuses(REFUSED, ["nothing"], "bench", "--model", "nothing")

    # --- stream list

    def test_stream_list_tells_mode_share_and_sum(self):
        self.play("--streams", "2", "--mode", "pipelined")
        stream = self.streams()[0]
        self.assertEqual(stream["mode"], "STREAM_MODE_PIPELINED")
        self.assertGreater(stream["share"], 0)
        self.assertGreaterEqual(stream["core"], 0)
        self.assertRegex(stream["admission"], r"^needs \d\.\d+ of a core, \d\.\d+ is left: ")
        text = self.succeeds("stream", "list").out
        self.assertRegex(text, r"(?m)^%d +fake-gain .* ready +pipelined +0\.0" % stream["stream_id"])
        self.assertIn("stream %d: needs " % stream["stream_id"], text)
        figures = self.succeeds("--json", "stream", "show", stream["stream_id"]).json
        self.assertGreater(figures["process"]["count"], 0)
        self.assertEqual(figures["mode"], "STREAM_MODE_PIPELINED")
        self.assertRegex(self.succeeds("stream", "show", stream["stream_id"]).out,
                         r"(?m)^process +[\d.]+ +[\d.]+ +[\d.]+ +\d+$")

    # --- top

    def test_top_once_as_json(self):
        self.play("--streams", "3", "--mode", "direct")
        metrics = self.top()
        self.assertEqual(len(metrics["streams"]), 3)
        self.assertEqual(len(metrics["cores"]), len(os.sched_getaffinity(0)))
        self.assertEqual(metrics["runners"][0]["runner"]["streams"], 3)
        self.assertGreater(metrics["runners"][0]["runner"]["resident_bytes"], 1000000)
        stream = metrics["streams"][0]
        self.assertEqual(stream["statistics"]["mode"], "STREAM_MODE_DIRECT")
        self.assertGreater(stream["statistics"]["client_blocks"], 0)
        self.assertGreater(stream["statistics"]["wait"]["p99_us"], 0)
        self.assertGreaterEqual(metrics["streams_opened"], 3)

    def test_top_as_text_fits_eighty_columns(self):
        self.play("--streams", "3", "--mode", "direct")
        lines = self.succeeds("top", "--once", "--interval", "0.1").out.splitlines()
        self.assertTrue(all(len(line) <= 80 for line in lines), lines)
        self.assertRegex(lines[0], r"^continuod up .* 3 streams, \d+ opened, 0 refused")
        self.assertEqual(sum(line.startswith("core ") for line in lines),
                         len(os.sched_getaffinity(0)))
        heading = next(i for i, line in enumerate(lines) if "STREAM MODEL" in line)
        self.assertEqual(len(lines), heading + 4)
        self.assertRegex(lines[heading + 1], r"^ +\d+ fake-gain +dir ")
        self.assertRegex(lines[1], r", load \d\.\d\d; sorted by load$")
        self.assertRegex(lines[2], r"^p50/p99: wake [\d.]+/[\d.]+ process [\d.]+/[\d.]+ "
                         r"back [\d.]+/[\d.]+ wait [\d.]+/[\d.]+$")

    def test_top_with_more_columns_shows_every_stage(self):
        self.play("--streams", "2", "--mode", "direct")
        for columns in (93, 120):
            lines = self.succeeds("top", "--once", "--interval", "0.1", "--columns",
                                  str(columns)).out.splitlines()
            self.assertTrue(all(len(line) <= columns for line in lines), lines)
            # What is said of a runner is not what is said of one of its streams.
            self.assertRegex("\n".join(lines), r"\nrunner [^;\n]* SCHED_\w+[^;\n]*\n")
            heading = next(i for i, line in enumerate(lines) if "STREAM MODEL" in line)
            self.assertRegex(lines[heading], r" PROC +p99 +WAKE +p99 +BACK +p99 +WAIT +p99 +MISS$")
            for line in lines[heading + 1:]:
                self.assertEqual(len(line), len(lines[heading]), lines)
                self.assertRegex(line, r" dir +[\d.]+ [| ]{6}( +[\d.e]+){8} +\d+$")

    def test_top_follows_where_output_is_no_terminal(self):
        process = subprocess.Popen([CTL, "--json", "--no-autostart", "top", "--interval", "0.1"],
                                   env=self.home.environment, stdout=subprocess.PIPE, text=True)
        lines = [process.stdout.readline() for _ in range(3)]
        process.stdout.close()
        process.terminate()
        process.wait()
        self.assertTrue(all(line.startswith("{") and line.endswith("}\n") for line in lines))

    def test_top_in_a_terminal(self):
        self.play("--streams", "30", "--mode", "pipelined")
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        process = subprocess.Popen(
            [CTL, "--no-autostart", "top", "--interval", "0.2"], stdin=slave, stdout=slave,
            stderr=slave, env={**self.home.environment, "TERM": "xterm"}, start_new_session=True)
        os.close(slave)
        self.addCleanup(os.close, master)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        seen = ""

        def read_until(words):
            nonlocal seen
            end = time.monotonic() + 30
            while not re.search(words, seen):
                self.assertLess(time.monotonic(), end, "not shown: %s in %r" % (words, seen[-3000:]))
                if select.select([master], [], [], 0.2)[0]:
                    seen += os.read(master, 65536).decode(errors="replace")

        read_until("sorted by load")
        read_until("more")  # thirty streams do not fit 24 rows
        os.write(master, b"s")
        read_until("missed")
        os.write(master, b"p")
        read_until("paused")
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
        os.killpg(process.pid, 28)  # SIGWINCH, as the terminal would send it
        seen = ""
        os.write(master, b"p")
        read_until("STREAM")
        os.write(master, b"q")
        # What it draws last has to be read, or it waits for its terminal.
        end = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < end:
            if select.select([master], [], [], 0.1)[0]:
                try:
                    os.read(master, 65536)
                except OSError:
                    break
        self.assertEqual(process.wait(30), OK)

    # --- the socket for collectors

    def test_curl_gets_the_text(self):
        answer = subprocess.run(
            ["curl", "-sS", "-i", "--unix-socket", self.socket, "http://localhost/metrics"],
            capture_output=True, check=True).stdout.decode()
        self.assertIn("HTTP/1.1 200 OK\r\n", answer)
        self.assertIn("Content-Type: text/plain; version=0.0.4", answer)
        self.assertEqual(os.stat(self.socket).st_mode & 0o777, 0o600)

    @unittest.skipIf(text_string_to_metric_families is None, "python3-prometheus-client is missing")
    def test_the_text_is_what_a_collector_reads(self):
        self.play("--streams", "2", "--mode", "direct")
        head, text = self.get().split("\r\n\r\n", 1)
        self.assertIn("Content-Length: %d" % len(text.encode()), head)
        families = {family.name: family for family in text_string_to_metric_families(text)}
        for name, family in families.items():
            self.assertTrue(name.startswith("continuo_"), name)
            self.assertTrue(family.documentation, name)
            self.assertNotEqual(family.type, "unknown", name)
            self.assertTrue(family.samples or family.type != "counter", name)
        self.assertEqual(families["continuo_streams"].samples[0].value, 2)
        self.assertGreater(families["continuo_blocks"].samples[0].value, 0)
        budget = families["continuo_memory_budget_bytes"].samples[0].value
        counted = families["continuo_memory_counted_bytes"].samples[0].value
        self.assertTrue(0 < counted <= budget, (counted, budget))
        models = families["continuo_model_bytes"].samples
        self.assertTrue(all(sample.value > 0 for sample in models) and models, models)
        waits = families["continuo_stream_wait_seconds"]
        self.assertEqual(waits.type, "histogram")
        for stream in self.streams():
            of_stream = [s for s in waits.samples if s.labels["stream"] == str(stream["stream_id"])]
            buckets = [s for s in of_stream if s.name.endswith("_bucket")]
            bounds = [float(s.labels["le"]) for s in buckets]
            self.assertEqual(bounds, sorted(bounds))
            self.assertEqual(bounds[-1], float("inf"))
            counts = [s.value for s in buckets]
            self.assertEqual(counts, sorted(counts))
            count = next(s.value for s in of_stream if s.name.endswith("_count"))
            total = next(s.value for s in of_stream if s.name.endswith("_sum"))
            self.assertEqual(counts[-1], count)
            self.assertGreater(count, 0)
            self.assertGreater(total, 0)
            self.assertLess(total / count, 1)

    def test_what_is_no_request_for_it(self):
        for request, status in (
                (b"GET / HTTP/1.1\r\n\r\n", "404 Not Found"),
                (b"POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "405 Method"),
                (b"\x16\x03\x01\r\n\r\n", "400 Bad Request"),
                (b"GET /metrics HTTP/3\r\n\r\n", "505 "),
                (b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 100000, "431 ")):
            with self.subTest(request=request[:40]):
                try:
                    self.assertTrue(self.get(request).startswith("HTTP/1.1 " + status))
                except (ConnectionResetError, BrokenPipeError):
                    # It need not read all of what is too long before it closes.
                    self.assertIn(b"a" * 1000, request)

    def test_who_says_nothing_keeps_nobody_waiting_for_long(self):
        silent = []
        for words in (b"", b"GET /metrics", b"GET /metrics HTTP/1.1\r\n"):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(self.socket)
            connection.sendall(words)
            silent.append(connection)
        self.assertIn("200 OK", self.get())
        for connection in silent:
            connection.settimeout(30)
            self.assertEqual(connection.recv(100), b"")
            connection.close()

    def test_who_goes_before_the_answer_harms_nobody(self):
        for _ in range(20):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(self.socket)
                connection.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        self.assertEqual(self.get(b"GET /metr", close=True), "")
        self.assertIn("200 OK", self.get())


if __name__ == "__main__":
    unittest.main()
