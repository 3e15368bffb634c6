# SPDX-License-Identifier: Apache-2.0
"""continuoctl process: the sound is exactly the model's, aligned to 0 frames, whatever the
block size, rate and channels."""

import os
import pathlib
import re
import signal
import stat
import subprocess
import unittest

import numpy

from ctl_harness import (CTL, FAILED, CtlTest, noise, read_wav, wait_until, write_wav)

BLOCKS = (1, 63, 64, 256, 441, 1024)
RATES = (44100, 48000, 88200)


class SlowTest(CtlTest):
    def start_slow(self, seconds=4):
        """A render that takes four times as long, by a model that sleeps; begun writing its hidden file."""
        write_wav(self.work / "in.wav", noise(seconds * 48000, 1), 48000)
        process = subprocess.Popen(
            [CTL, "process", "in.wav", "out.wav", "--model", "fake-gain", "--set", "hang_ms=20"],
            env=self.home.environment, cwd=self.work, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        wait_until("the hidden file is there", lambda: len(os.listdir(self.work)) > 1)
        return process

    def spoil(self, parameter):
        """The slow render while its model is told to misbehave: the message it ends with."""
        process = self.start_slow()
        stream = self.ctl("--json", "stream", "list").json["streams"][0]
        self.succeeds("stream", "set", stream["stream_id"], parameter)
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, FAILED, err)
        self.assertEqual(os.listdir(self.work), ["in.wav"])
        self.assertEqual(self.ctl("--json", "stream", "list").json["streams"], [])
        return err


class Process(SlowTest):
    def render(self, *arguments, samples=None, rate=48000, name="out.wav", model="fake-gain"):
        if samples is not None:
            write_wav(self.work / "in.wav", samples, rate)
        result = self.succeeds("process", "in.wav", name, "--model", model, "--force", "--json",
                               *arguments)
        return read_wav(self.work / name)[0], result.json

    def test_macro_is_a_knob_like_any_other(self):
        samples = noise(5000, 2, seed=9)
        for settings, gain in ((["--set", "swell=2.5"], 0.5), (["--preset", "half-way"], 0.5),
                               (["--set", "swell=2.5", "--set", "gain=0.75"], 0.25),
                               (["--set", "gain=0.75", "--set", "swell=5"], 0.75),
                               (["--preset", "half-way", "--set", "swell=0"], 0.0)):
            with self.subTest(settings=settings):
                out, report = self.render(*settings, samples=samples, model="fake-macro")
                numpy.testing.assert_array_equal(out, samples.astype(numpy.float32) * numpy.float32(gain))
                self.assertIn("swell", report["parameters"])
        text = self.succeeds("models", "info", "fake-macro").out
        self.assertIn("Moves gain 0 to 3.", text)
        self.assertIn("Matters where fail is 0 to 0.5.", text)
        told = self.succeeds("--json", "models", "show", "fake-macro").json["manifest"]["parameters"]
        self.assertEqual([one["parameter"] for one in told[0]["targets"]], ["gain"])
        self.assertEqual([one["parameter"] for one in told[3]["conditions"]], ["fail"])

    def test_gain_is_exact_for_every_block_size_rate_and_width(self):
        for rate in RATES:
            for channels in (1, 2):
                samples = noise(5000, channels, seed=rate + channels)
                write_wav(self.work / "in.wav", samples, rate)
                for block in BLOCKS:
                    with self.subTest(rate=rate, channels=channels, block=block):
                        out, report = self.render("--set", "gain=0.25", "--block", block)
                        numpy.testing.assert_array_equal(out, samples.astype(float) * 0.25)
                        self.assertEqual(report["frames"], 5000)
                        self.assertEqual(report["channels"], channels)
                        self.assertEqual(report["sample_rate_hz"], rate)
                        self.assertEqual(report["missed_blocks"], 0)

    def test_model_delay_is_compensated(self):
        samples = noise(5000, 2)
        out, report = self.render(samples=samples, rate=44100, model="fake-delay")
        self.assertGreater(report["latency_frames"], 0)
        numpy.testing.assert_array_equal(out, samples.astype(float))

    def test_resampled_model_is_aligned(self):
        # fake-gain has no variant at 32 kHz: the runner resamples, and its delay is dropped
        time = numpy.arange(8000) / 32000
        tone = 0.5 * numpy.sin(2 * numpy.pi * 500 * time) * numpy.hanning(8000)
        out, report = self.render(samples=tone.reshape(-1, 1), rate=32000)
        self.assertGreater(report["latency_frames"], 0)
        self.assertLess(numpy.abs(out[:, 0] - tone).max(), 2e-3)

    def test_eight_channels_and_odd_lengths(self):
        for frames in (1, 255, 257):
            samples = noise(frames, 8)
            out, _ = self.render(samples=samples)
            numpy.testing.assert_array_equal(out, samples.astype(float))

    def test_wet_mixes_with_the_dry_sound(self):
        samples = noise(3000, 1)
        out, _ = self.render("--set", "gain=4", "--wet", "0.25", samples=samples)
        numpy.testing.assert_allclose(out, samples * (0.25 * 4 + 0.75), atol=1e-6)

    def test_wet_of_zero_is_the_input(self):
        samples = noise(3000, 1)
        out, _ = self.render("--wet", "0", samples=samples, rate=44100, model="fake-delay")
        numpy.testing.assert_array_equal(out, samples.astype(float))

    def test_preset_and_settings_over_it(self):
        samples = noise(500, 1)
        out, report = self.render("--preset", "half", samples=samples)
        self.assertEqual(report["parameters"]["gain"], 0.5)
        numpy.testing.assert_array_equal(out, samples.astype(float) * 0.5)
        out, report = self.render("--preset", "half", "--set", "gain=2")
        self.assertEqual(report["parameters"]["gain"], 2)
        numpy.testing.assert_array_equal(out, samples.astype(float) * 2)

    def test_tail(self):
        out, report = self.render("--tail", "0.5", samples=noise(1000, 2))
        self.assertEqual(out.shape, (1000 + 24000, 2))
        self.assertEqual(report["frames"], 25000)
        self.assertFalse(out[1000:].any())

    def test_integer_formats(self):
        samples = noise(1000, 2)
        for name, bits in (("pcm16", 16), ("pcm24", 24)):
            write_wav(self.work / "in.wav", samples, 48000)
            self.succeeds("process", "in.wav", name + ".wav", "--model", "fake-gain", "--format",
                          name)
            out, rate, found, is_float = read_wav(self.work / (name + ".wav"))
            self.assertEqual((rate, found, is_float), (48000, bits, False))
            self.assertLess(numpy.abs(out - samples).max(), 2.0 ** (1 - bits))

    def test_clipped_samples_are_told(self):
        write_wav(self.work / "in.wav", numpy.full((100, 1), 0.5), 48000)
        result = self.succeeds("process", "in.wav", "out.wav", "--model", "fake-gain", "--set",
                               "gain=4", "--format", "pcm16")
        self.assertIn("100 samples are beyond full scale", result.err)

    def test_float_keeps_what_is_beyond_full_scale(self):
        out, report = self.render("--set", "gain=4", samples=numpy.full((100, 1), 0.5))
        self.assertEqual(out.max(), 2.0)
        self.assertEqual(report["clipped_samples"], 0)

    def test_replaced_samples(self):
        samples = noise(1000, 2)
        samples[[5, 700], 1] = [numpy.nan, numpy.inf]
        out, report = self.render("--replace-non-finite", samples=samples)
        self.assertEqual(report["replaced_samples"], 2)
        samples[[5, 700], 1] = 0
        numpy.testing.assert_array_equal(out, samples.astype(float))

    def test_same_bytes_twice(self):
        write_wav(self.work / "in.wav", noise(20000, 2), 44100)
        for model in ("fake-gain", "drive"):
            for name in ("one.wav", "two.wav"):
                self.render(name=name, model=model)
            self.assertEqual((self.work / "one.wav").read_bytes(),
                             (self.work / "two.wav").read_bytes(), model)

    def test_drive_does_not_depend_on_the_block_size(self):
        time = numpy.arange(20000) / 48000
        tone = 0.3 * numpy.sin(2 * numpy.pi * 220 * time).reshape(-1, 1)
        reference, report = self.render("--set", "drive=8", samples=tone, model="drive")
        self.assertEqual(report["model"]["id"], "drive")
        self.assertIn("48000", report["variant"])
        self.assertGreater(numpy.abs(reference - tone).max(), 0.05, "the model did nothing")
        for block in BLOCKS[1:]:
            out, _ = self.render("--set", "drive=8", "--block", block, model="drive")
            self.assertLess(numpy.abs(out - reference).max(), 1e-6, "block of %d" % block)

    def test_text_report(self):
        write_wav(self.work / "in.wav", noise(4800, 1), 48000)
        result = self.succeeds("process", "in.wav", "out.wav", "--model", "fake-gain")
        self.assertIn("fake-gain", result.out)
        self.assertIn("0.1 s", result.out)
        self.assertEqual(result.err, "", "a progress bar without a terminal")

    def test_mode_of_the_file_and_links(self):
        write_wav(self.work / "in.wav", noise(100, 1), 48000)
        self.succeeds("process", "in.wav", "new.wav", "--model", "fake-gain")
        mask = os.umask(0)
        os.umask(mask)
        self.assertEqual(stat.S_IMODE((self.work / "new.wav").stat().st_mode), 0o666 & ~mask)
        (self.work / "target.wav").touch(mode=0o600)
        os.symlink("target.wav", self.work / "link.wav")
        self.succeeds("process", "in.wav", "link.wav", "--model", "fake-gain", "--force")
        self.assertTrue((self.work / "link.wav").is_symlink())
        self.assertEqual(stat.S_IMODE((self.work / "target.wav").stat().st_mode), 0o600)
        self.assertEqual(read_wav(self.work / "target.wav")[0].shape, (100, 1))

    def test_interrupted_leaves_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = self.start_slow()
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, -number)
            self.assertIn("interrupted", err)
            self.assertEqual(os.listdir(self.work), ["in.wav"])
        wait_until("the streams are closed",
                   lambda: not self.ctl("--json", "stream", "list").json["streams"])

    def test_a_killed_runner_does_not_change_the_sound(self):
        process = self.start_slow(seconds=2)  # it is waited for to its end
        streams = self.ctl("--json", "stream", "list").json["streams"]
        os.kill(streams[0]["runner_pid"], signal.SIGKILL)
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, err)
        numpy.testing.assert_array_equal(read_wav(self.work / "out.wav")[0],
                                         read_wav(self.work / "in.wav")[0])

    def test_disk_full(self):
        if not pathlib.Path("/dev/full").exists() or subprocess.run(
                ["unshare", "-m", "true"], capture_output=True).returncode != 0:
            self.skipTest("NOT RUN: a full disk needs root (unshare -m)")
        write_wav(self.work / "in.wav", noise(100000, 2), 48000)
        (self.work / "small").mkdir()
        script = ("mount -t tmpfs -o size=64k tmpfs small && "
                  "{ \"$0\" process in.wav small/out.wav --model fake-gain; echo \"code $?\"; "
                  "ls -A small; }")
        result = subprocess.run(["unshare", "-m", "sh", "-c", script, CTL], cwd=self.work,
                                env=self.home.environment, capture_output=True, text=True)
        self.assertEqual(result.stdout, "code 6\n", result.stderr)
        self.assertRegex(result.stderr, re.escape("small/out.wav") + ".*space")


class Spoilt(SlowTest):
    """With a daemon of its own, as it gives the model up afterwards."""

    def test_a_model_that_fails_in_the_middle_writes_nothing(self):
        err = self.spoil("fail=1")
        self.assertIn("nothing was written", err)
        self.assertIn("--allow-dry", err)

    def test_a_model_that_keeps_crashing_writes_nothing(self):
        err = self.spoil("crash=1")
        self.assertIn("nothing was written", err)


if __name__ == "__main__":
    unittest.main()
