# SPDX-License-Identifier: Apache-2.0
"""Bad input to continuoctl: the message names the thing, the code is the documented one,
nothing is left behind."""

import os
import shutil
import subprocess
import sys
import unittest

import numpy

from ctl_harness import (BAD_INPUT, BAD_OUTPUT, CTL, DAEMON, FAILED, REFUSED, UNREACHABLE, USAGE,
                         CtlTest, Result, noise, read_wav, write_wav)


class InputFile(CtlTest):
    daemon = False  # all of this is found before a daemon is needed

    def refuses_input(self, words, name="in.wav"):
        word = self.refuses(BAD_INPUT, [name, *words], "process", name, "out.wav", "--model", "x")
        self.assertEqual(word, "bad_input")

    def test_missing(self):
        self.refuses_input(["No such file"])

    def test_not_a_wav(self):
        (self.work / "in.wav").write_text("This is a letter, not a sound.\n" * 40)
        self.refuses_input(["is not an audio file", "WAV"])

    def test_empty_file(self):
        (self.work / "in.wav").touch()
        self.refuses_input(["is empty"])

    def test_wav_of_zero_frames(self):
        write_wav(self.work / "in.wav", numpy.zeros((0, 2)), 48000)
        self.refuses_input(["0 frames"])

    def test_cut_wav_header(self):
        write_wav(self.work / "in.wav", noise(10, 2), 48000)
        (self.work / "in.wav").write_bytes((self.work / "in.wav").read_bytes()[:20])
        self.refuses_input(["is not an audio file"])

    def test_nan_names_the_frame(self):
        samples = noise(70000, 2)
        samples[69000, 1] = numpy.nan
        write_wav(self.work / "in.wav", samples, 48000)
        self.refuses_input(["frame 69000", "channel 2", "--replace-non-finite"])

    def test_infinity_names_the_frame(self):
        samples = noise(100, 1)
        samples[0, 0] = -numpy.inf
        write_wav(self.work / "in.wav", samples, 48000)
        self.refuses_input(["frame 0", "channel 1"])

    def test_nine_channels(self):
        write_wav(self.work / "in.wav", noise(100, 9), 48000)
        self.refuses_input(["9 channels", "8"])

    def test_rate_out_of_range(self):
        for rate in (7999, 384001):
            write_wav(self.work / "in.wav", noise(100, 1), rate)
            self.refuses_input([str(rate), "8000", "384000"])

    def test_directory(self):
        (self.work / "in.wav").mkdir()
        self.refuses_input(["is a directory"])

    def test_named_pipe(self):
        os.mkfifo(self.work / "in.wav")
        self.refuses_input(["is not a regular file"])

    def test_unreadable(self):
        write_wav(self.work / "in.wav", noise(100, 1), 48000)
        os.chmod(self.work / "in.wav", 0)
        if os.geteuid() != 0:
            self.refuses_input(["Permission denied"])
            return
        # root reads everything, unless it gives that up
        if shutil.which("setpriv") is None:
            self.skipTest("running as root, and setpriv is not installed")
        drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search",
                "--inh-caps=-dac_override,-dac_read_search"]
        result = Result(subprocess.run(
            [*drop, CTL, "process", "in.wav", "out.wav", "--model", "x"], cwd=self.work,
            env=self.home.environment, capture_output=True, text=True))
        self.assertEqual(result.code, BAD_INPUT, result.err)
        self.assertIn("in.wav: Permission denied", result.err)
        self.assertEqual(os.listdir(self.work), ["in.wav"])


class OutputFile(CtlTest):
    daemon = False

    def setUp(self):
        super().setUp()
        write_wav(self.work / "in.wav", noise(1000, 2), 48000)

    def refuses_output(self, words, name="out.wav", *more):
        word = self.refuses(BAD_OUTPUT, [name, *words], "process", "in.wav", name, "--model", "x",
                            *more)
        self.assertEqual(word, "bad_output")

    def test_same_file_by_any_name(self):
        before = (self.work / "in.wav").read_bytes()
        os.link(self.work / "in.wav", self.work / "hard.wav")
        os.symlink("in.wav", self.work / "soft.wav")
        for name in ("in.wav", "./in.wav", "hard.wav", "soft.wav"):
            self.refuses_output(["input file itself"], name, "--force")
        self.assertEqual((self.work / "in.wav").read_bytes(), before)

    def test_existing_file_is_kept(self):
        (self.work / "out.wav").write_text("precious")
        self.refuses_output(["is there already", "--force"])
        self.assertEqual((self.work / "out.wav").read_text(), "precious")

    def test_missing_directory(self):
        self.refuses_output(["no directory", "nowhere"], "nowhere/out.wav")

    def test_directory(self):
        (self.work / "out.wav").mkdir()
        self.refuses_output(["is a directory"], "out.wav", "--force")

    def test_device(self):
        self.refuses_output(["not a regular file"], "/dev/null", "--force")


class CommandLine(CtlTest):
    daemon = False

    def test_usage_errors(self):
        write_wav(self.work / "in.wav", noise(100, 1), 48000)
        process = ["process", "in.wav", "out.wav", "--model", "x"]
        for words, arguments in (
                (["required"], []),
                (["frobnicate"], ["frobnicate"]),
                (["nonsense"], ["models", "nonsense"]),
                (["output"], ["process", "in.wav"]),
                (["--model"], ["process", "in.wav", "out.wav"]),
                (["gain", "loud", "not a number"], [*process, "--set", "gain=loud"]),
                (["gain", "not a number"], [*process, "--set", "gain="]),
                (["gain", "not a number"], [*process, "--set", "gain=0.5x"]),
                (["gain", "not a number"], [*process, "--set", "gain=nan"]),
                (["gain", "not a number"], [*process, "--set", "gain=1e99"]),
                (["gain", "name=value"], [*process, "--set", "gain"]),
                (["=1", "name=value"], [*process, "--set", "=1"]),
                (["gain", "twice"], [*process, "--set", "gain=1", "--set", "gain=2"]),
                (["--block"], [*process, "--block", "0"]),
                (["--block"], [*process, "--block", "4097"]),
                (["--wet"], [*process, "--wet", "1.01"]),
                (["--tail"], [*process, "--tail", "-1"]),
                (["--format", "mp3"], [*process, "--format", "mp3"]),
                (["--mode", "fast"], ["stream", "bench", "--mode", "fast"]),
                (["--period"], ["stream", "bench", "--period", "64,0"]),
                (["--streams"], ["stream", "bench", "--streams", "0"]),
                (["id"], ["stream", "show", "first"])):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.refuses(USAGE, words, *arguments), "usage")

    def test_socket_path_too_long(self):
        path = "/tmp/" + "long/" * 30 + "daemon.sock"
        for arguments in (["status"], ["models", "list"], ["events"]):
            self.refuses(USAGE, [path, str(len(path)), "107"], *arguments, "--socket", path)

    def test_no_daemon(self):
        write_wav(self.work / "in.wav", noise(100, 1), 48000)
        for arguments in (["status"], ["models", "list"], ["models", "show", "x"],
                          ["models", "load", "x"], ["models", "unload", "x"], ["stream", "list"],
                          ["stream", "set", "1", "gain=1"], ["stream", "close", "1"],
                          ["stream", "bench"], ["events"],
                          ["process", "in.wav", "out.wav", "--model", "x"]):
            with self.subTest(arguments=arguments):
                word = self.refuses(UNREACHABLE, ["nobody.sock"], *arguments, "--no-autostart",
                                    "--socket", self.home.path / "nobody.sock")
                self.assertEqual(word, "unreachable")
        self.assertFalse(self.home.processes())

    def test_socket_is_a_plain_file(self):
        (self.home.path / "plain.sock").write_text("")
        self.refuses(UNREACHABLE, ["plain.sock"], "status", "--no-autostart", "--socket",
                     self.home.path / "plain.sock")


class Refusals(CtlTest):
    def setUp(self):
        super().setUp()
        write_wav(self.work / "in.wav", noise(1000, 2), 48000)

    def process(self, *more, model="fake-gain"):
        return ["process", "in.wav", "out.wav", "--model", model, *more]

    def test_unknown_model(self):
        for arguments in (self.process(model="no-such"), ["models", "show", "no-such"],
                          ["models", "load", "no-such"],
                          ["stream", "bench", "--model", "no-such"]):
            with self.subTest(arguments=arguments):
                word = self.refuses(REFUSED, ["no-such", "fake-gain"], *arguments)
                self.assertEqual(word, "not_found")

    def test_unknown_version(self):
        self.refuses(REFUSED, ["9.9.9"], "models", "show", "fake-gain@9.9.9")

    def test_unknown_parameter(self):
        word = self.refuses(REFUSED, ["loudness", "fake-gain", "gain"],
                            *self.process("--set", "loudness=1"))
        self.assertEqual(word, "not_found")

    def test_unknown_preset(self):
        self.refuses(REFUSED, ["loud", "half"], *self.process("--preset", "loud"))

    def test_parameter_out_of_range(self):
        for value in ("-0.001", "4.001", "1e30"):
            word = self.refuses(REFUSED, ["gain", "0 to 4"],
                                *self.process("--set", "gain=" + value))
            self.assertEqual(word, "out_of_range")

    def test_unknown_stream(self):
        for arguments in (["stream", "show", "4711"], ["stream", "close", "4711"],
                          ["stream", "set", "4711", "gain=1"]):
            self.refuses(REFUSED, ["4711"], *arguments)

    def test_model_that_fails_on_its_first_block(self):
        self.refuses(REFUSED, ["fake-gain", "failed on its first blocks"],
                     *self.process("--set", "fail=1"))

    def test_a_good_render_still_works(self):
        self.succeeds(*self.process())
        self.assertEqual(read_wav(self.work / "out.wav")[0].shape, (1000, 2))


class NoSharedMemory(unittest.TestCase):
    """With a /dev/shm that holds nothing, a stream is refused with the reason; the daemon lives
    and says so. In a mount namespace of its own, so root alone can run it."""

    def test_no_space(self):
        if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
            self.skipTest("NOT RUN: a private /dev/shm needs root (unshare -m)")
        result = subprocess.run(
            ["unshare", "-m", "sh", "-c",
             "mount -t tmpfs -o size=64k tmpfs /dev/shm && exec \"$@\"", "sh", sys.executable,
             __file__, "InsideTinySharedMemory"],
            env={**os.environ, "CONTINUO_TINY_SHM": "1"}, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("Ran 2 tests", result.stderr)


@unittest.skipUnless("CONTINUO_TINY_SHM" in os.environ, "run by NoSharedMemory")
class InsideTinySharedMemory(CtlTest):
    def test_process_names_dev_shm(self):
        write_wav(self.work / "in.wav", noise(1000, 2), 48000)
        self.refuses(REFUSED, ["/dev/shm"], "process", "in.wav", "out.wav", "--model", "fake-gain")
        self.assertEqual(os.listdir("/dev/shm"), [])
        self.succeeds("status")

    def test_doctor_calls_it_a_problem(self):
        result = self.ctl("--json", "doctor")
        self.assertEqual(result.code, FAILED)
        levels = {f["topic"]: f for f in result.json["findings"]}
        self.assertEqual(levels["shared-memory"]["level"], "problem")
        self.assertIn("/dev/shm", levels["shared-memory"]["text"])
        self.assertTrue(levels["shared-memory"]["remedy"])


if __name__ == "__main__":
    unittest.main()
