# SPDX-License-Identifier: Apache-2.0
"""`continuoctl models import` and `remove` against a real daemon, with real TorchScript."""

import os
import pathlib
import pickle
import pty
import subprocess
import zipfile
import zlib

import numpy
import torch
import unittest

import ctl_harness
import import_modules
from ctl_harness import (BAD_INPUT, CTL, OK, REFUSED, USAGE, CtlTest, noise, read_wav,
                         wait_until, write_wav)

# An import measures for seconds of processor time, which a busy machine gives slowly.
ctl_harness.WATCHDOG_S = 240

LICENSE = ("--license", "LicenseRef-unknown")


class ImportTest(CtlTest):
    """A store that is looked at after every test: nothing hidden, no process that inspects."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store = pathlib.Path(cls.home.environment["XDG_DATA_HOME"]) / "continuo" / "models"

    def setUp(self):
        super().setUp()
        self.addCleanup(self.check_store)

    def check_store(self):
        names = self.entries()
        self.assertFalse([name for name in names if name.startswith(".")], names)
        for name in names:
            self.succeeds("models", "remove", name)
        self.assertEqual(self.entries(), [])
        inspectors = [pid for pid in self.home.processes() if b"--inspector" in
                      pathlib.Path("/proc/%d/cmdline" % pid).read_bytes().split(b"\0")]
        self.assertEqual(inspectors, [])

    def entries(self):
        return sorted(os.listdir(self.store)) if self.store.is_dir() else []

    def make(self, module, name="amp.pt"):
        path = self.work / name
        return import_modules.make(module, path), path

    def imports(self, path, *arguments):
        return self.succeeds("models", "import", path, *arguments, "--json").json

    def manifest(self, model):
        return self.succeeds("models", "show", model, "--json").json["manifest"]

    def process(self, model, samples, rate, *arguments):
        write_wav(self.work / "in.wav", samples, rate)
        self.succeeds("process", "in.wav", "out.wav", "--force", "--model", model, *arguments)
        return read_wav(self.work / "out.wav")[0]


class Plain(ImportTest):
    def test_a_module_without_memory(self):
        module, path = self.make(import_modules.Gain(), "My Amp (high).pt")
        before = path.read_bytes()
        result = self.imports(path, *LICENSE, "--author", "Me", "--name", "Amp")
        self.assertEqual(path.read_bytes(), before)
        manifest, = result["manifests"]
        self.assertEqual((manifest["id"], manifest["name"], manifest["version"]),
                         ("my-amp-high", "Amp", "1.0.0"))
        self.assertEqual(manifest["audio"]["latency_frames"], 0)
        self.assertGreater(manifest["variants"][0]["cost"]["microseconds_per_block"], 0)
        self.assertIn("Imported from My Amp (high).pt on ", manifest["provenance"]["description"])
        where = pathlib.Path(result["paths"][0])
        self.assertEqual((where / path.name).read_bytes(), before)
        self.assertIn("Me", (where / "NOTICE").read_text())
        listed = {m["manifest"]["id"] for m in self.succeeds("models", "list", "--json").json["models"]}
        self.assertIn("my-amp-high", listed)
        x = noise(5000, 1)
        y = self.process("my-amp-high", x, 48000)
        expected = module(torch.tensor(x.T).unsqueeze(0))[0].detach().numpy().T
        numpy.testing.assert_allclose(y, expected, atol=1e-6)

    def test_latency_licence_author_and_rate_of_the_file_itself(self):
        _, path = self.make(import_modules.Late())
        result = self.imports(path)
        manifest, = result["manifests"]
        self.assertEqual((manifest["license"], manifest["attribution"]),
                         ("CC0-1.0", "Continuo contributors"))
        self.assertEqual(manifest["variants"][0]["sample_rate_hz"], 44100)
        self.assertEqual(manifest["audio"]["latency_frames"], 100)
        self.assertFalse([n for n in result["notes"] if "sample rate" in n])
        # What `process` writes is aligned, so that the latency, if right, is not to be seen;
        # both channels have a memory of their own.
        x = noise(3000, 2)
        y = self.process("amp", x, 44100, "--tail", "0.1")
        numpy.testing.assert_allclose(y[:3000], x, atol=1e-6)

    def test_a_rate_that_the_file_states_is_not_overruled(self):
        _, path = self.make(import_modules.Late())
        self.refuses(REFUSED, ["44100", "48000"], "models", "import", path, "--rate", "48000")
        _, path = self.make(import_modules.Gain())
        manifest, = self.imports(path, *LICENSE, "--rate", "96000")["manifests"]
        self.assertEqual(manifest["variants"][0]["sample_rate_hz"], 96000)

    def test_two_channels_without_a_batch(self):
        _, path = self.make(import_modules.Swap())
        manifest, = self.imports(path, *LICENSE)["manifests"]
        self.assertEqual(manifest["audio"]["input_channels"], 2)
        x = noise(2000, 2)
        numpy.testing.assert_allclose(self.process("amp", x, 48000), x[:, ::-1], atol=1e-6)

    def test_frames_in_portions_cost_their_latency_exactly(self):
        _, path = self.make(import_modules.Lumps())
        result = self.imports(path, *LICENSE)
        self.assertEqual(result["manifests"][0]["audio"]["latency_frames"], 63)
        self.assertTrue(any("64 frames at a time" in n for n in result["notes"]), result["notes"])
        x = noise(3000, 1)
        for block in ("1", "63", "64", "441"):
            numpy.testing.assert_allclose(self.process("amp", x, 48000, "--block", block), x * 0.5,
                                          atol=1e-6)

    def test_one_channel_in_and_two_out(self):
        _, path = self.make(import_modules.Widen())
        manifest, = self.imports(path, *LICENSE)["manifests"]
        self.assertEqual(manifest["audio"]["input_channels"], 2)
        x = noise(2000, 2)
        y = self.process("amp", x, 48000)
        numpy.testing.assert_allclose(y[:, 0], x.mean(1), atol=1e-6)
        numpy.testing.assert_allclose(y[:, 1], -x.mean(1), atol=1e-6)

    def test_a_module_that_cannot_be_cut_is_noted(self):
        _, path = self.make(import_modules.Edges())
        notes = self.imports(path, *LICENSE)["notes"]
        self.assertTrue(any("expect clicks" in n for n in notes), notes)

    def test_the_own_convention_with_a_parameter(self):
        module, path = self.make(import_modules.Native())
        result = self.imports(path, *LICENSE, "--unit", "parameter_1=pole")
        parameter, = result["manifests"][0]["parameters"]
        self.assertEqual((parameter["id"], parameter["unit"]), ("parameter_1", "pole"))
        x = noise(2000, 1)
        y = self.process("amp", x, 48000, "--set", "parameter_1=0.5")
        expected, level = [], 0.0
        for sample in x[:, 0]:
            level += 0.5 * (float(sample) - level)
            expected.append(level)
        numpy.testing.assert_allclose(y[:, 0], expected, atol=1e-5)

    def test_summary_for_people(self):
        _, path = self.make(import_modules.Late())
        text = self.succeeds("models", "import", path, "--license", "MIT").out
        for word in ("amp (amp 1.0.0): installed in ", "44100 Hz", "% of a core at 256 frames",
                     "100 frames (2.3 ms)", "1 in, 1 out", "MIT, by Continuo contributors"):
            self.assertIn(word, text)


class NnConventions(ImportTest):
    def test_every_method_is_a_model_and_forward_comes_first(self):
        _, path = self.make(import_modules.Nn(), "Voice.ts")
        result = self.imports(path, *LICENSE)
        manifests = {m["id"]: m for m in result["manifests"]}
        self.assertEqual(list(manifests), ["voice", "voice-encode", "voice-decode"])
        self.assertEqual(self.entries(), ["voice", "voice-decode", "voice-encode"])
        channels = {i: (m["audio"]["input_channels"], m["audio"]["output_channels"],
                        m["audio"]["latency_frames"]) for i, m in manifests.items()}
        self.assertEqual(channels["voice"], (1, 1, 7))
        self.assertEqual(channels["voice-encode"][:2], (4, 4))
        self.assertEqual(channels["voice-decode"][:2], (4, 4))
        notes = " | ".join(result["notes"])
        for word in ("method 'wide' is left out: it has 1 inputs and 16 outputs",
                     "attribute 'label' is left out", "forward inputs: (signal) dry",
                     "8 frames at a time", "encode: it has 1 input and 4 outputs", "told the sample rate"):
            self.assertIn(word, notes)
        # One file on the disk, three packages.
        self.assertEqual(os.stat(self.store / "voice/1.0.0/Voice.ts").st_nlink, 3)

    def test_attributes_are_parameters_with_ranges(self):
        _, path = self.make(import_modules.Nn())
        result = self.imports(path, *LICENSE, "--method", "forward")
        manifest, = result["manifests"]
        found = {p["id"]: (p["minimum"], p["default_value"], p["maximum"])
                 for p in manifest["parameters"]}
        self.assertEqual(found, {
            "gain": (0, 1, 2),        # its setter keeps it there
            "steps": (0, 3, 6), "bypass": (0, 0, 1), "pan_1": (0, 0.25, 1), "pan_2": (0, 4, 8)})
        notes = " | ".join(result["notes"])
        self.assertIn("range of 'steps' is not known", notes)
        self.assertNotIn("range of 'gain'", notes)

    def test_forward_sounds_as_the_module_does_at_any_block_length(self):
        module, path = self.make(import_modules.Nn())
        self.imports(path, *LICENSE, "--method", "forward")
        x = noise(4000, 1)
        module.set_gain(0.5)
        expected = module(torch.tensor(x.T).unsqueeze(0))[0].numpy().T
        for block in ("1", "7", "256", "441"):
            y = self.process("amp", x, 48000, "--set", "gain=0.5", "--block", block)
            numpy.testing.assert_allclose(y, expected, atol=1e-6)
        y = self.process("amp", x, 48000, "--set", "gain=0.5", "--set", "bypass=1")
        numpy.testing.assert_allclose(y, x, atol=1e-6)

    def test_latents_are_held_at_the_rate_of_the_signal(self):
        module, path = self.make(import_modules.Nn())
        self.imports(path, *LICENSE)
        x = noise(4000, 4)
        sound = torch.tensor(x[:, :1].T.copy()).unsqueeze(0)
        y = self.process("amp-encode", x, 48000)  # the first channel is its input
        held = numpy.repeat(module.encode(sound)[0].numpy().T, 8, axis=0)
        late = self.manifest("amp-encode")["audio"]["latency_frames"] - 7
        numpy.testing.assert_allclose(y[:4000 - late], held[late:], atol=1e-6)
        y = self.process("amp-decode", x, 48000)  # of each 8 frames, the first counts
        late = self.manifest("amp-decode")["audio"]["latency_frames"] - 7
        self.assertFalse(y[:, 1:].any())
        numpy.testing.assert_allclose(y[:4000 - late, 0], numpy.repeat(x[::8, 3], 8)[late:],
                                      atol=1e-6)

    def test_only_the_methods_that_are_named(self):
        _, path = self.make(import_modules.Nn())
        result = self.imports(path, *LICENSE, "--method", "encode", "--dry-run")
        self.assertEqual([m["id"] for m in result["manifests"]], ["amp"])
        self.refuses(REFUSED, ["'render'", "forward, encode, decode"], "models", "import", path,
                     *LICENSE, "--method", "render")

    def test_without_the_optional_lists(self):
        _, path = self.make(import_modules.NnBare())
        manifest, = self.imports(path, *LICENSE)["manifests"]
        self.assertEqual(manifest["audio"]["latency_frames"], 0)
        x = noise(2000, 2)
        numpy.testing.assert_allclose(self.process("amp", x, 48000), x[:, ::-1] * 0.5, atol=1e-6)


class Answers(ImportTest):
    def test_the_licence_is_asked_for(self):
        _, path = self.make(import_modules.Gain())
        word = self.refuses(REFUSED, ["no licence is known", "--license", "LicenseRef-unknown"],
                            "models", "import", path)
        self.assertEqual(word, "failed_precondition")
        self.refuses(REFUSED, ["'free'"], "models", "import", path, "--license", "CC free")

    def test_on_a_terminal_it_is_asked_for_in_words(self):
        _, path = self.make(import_modules.Gain())
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [CTL, "models", "import", path, "--no-autostart"], env=self.home.environment,
            stdin=slave, stdout=subprocess.PIPE, stderr=slave)
        os.close(slave)
        shown = b""
        for question, answer in ((b"Licence (", b"MIT\n"), (b"Author (", b"Somebody\n")):
            while question not in shown:
                shown += os.read(master, 4096)
            os.write(master, answer)
        out = process.communicate()[0]
        os.close(master)
        self.assertEqual(process.returncode, OK, shown)
        self.assertIn(b"MIT, by Somebody", out)

    def test_a_dry_run_says_and_does_nothing(self):
        _, path = self.make(import_modules.Gain())
        result = self.imports(path, "--dry-run")
        self.assertEqual(result["manifests"][0]["id"], "amp")
        self.assertEqual(result["paths"], [])
        self.assertTrue(any("no licence is known" in n for n in result["notes"]))
        self.assertEqual(self.entries(), [])
        self.assertIn("would be installed", self.succeeds("models", "import", path, "--dry-run").out)

    def test_an_id_that_is_taken_and_replace(self):
        _, path = self.make(import_modules.Gain())
        self.imports(path, *LICENSE)
        word = self.refuses(REFUSED, ["'amp' is installed already", "--replace"], "models", "import",
                            path, *LICENSE)
        self.assertEqual(word, "already_exists")
        self.make(import_modules.Lumps())
        x = noise(1000, 1)
        self.succeeds("models", "load", "amp")  # the old one, in a runner
        self.imports(path, *LICENSE, "--replace")
        numpy.testing.assert_allclose(self.process("amp", x, 48000), x * 0.5, atol=1e-6)
        word = self.refuses(REFUSED, ["fake-gain", "choose another id"], "models", "import", path,
                            *LICENSE, "--id", "fake-gain", "--replace")
        self.assertEqual(word, "failed_precondition")

    def test_a_changed_file_becomes_the_next_version(self):
        _, path = self.make(import_modules.Gain())
        self.imports(path, *LICENSE)
        self.make(import_modules.Lumps())
        self.refuses(REFUSED, ["as 1.0.0", "--version 1.1.0"], "models", "import", path, *LICENSE)
        manifest, = self.imports(path, *LICENSE, "--version", "1.1.0")["manifests"]
        self.assertEqual(manifest["version"], "1.1.0")
        self.assertEqual(sorted(p.name for p in (self.store / "amp").iterdir()),
                         ["1.0.0", "1.1.0"])
        x = noise(1000, 1)
        numpy.testing.assert_allclose(self.process("amp", x, 48000), x * 0.5, atol=1e-6)
        self.refuses(REFUSED, ["as 1.1.0", "--version 1.2.0"], "models", "import", path, *LICENSE,
                     "--version", "1.1.0")
        self.refuses(REFUSED, ["version is 'one'", "MAJOR.MINOR.PATCH"], "models", "import", path,
                     *LICENSE, "--version", "one")
        manifest, = self.imports(path, *LICENSE, "--replace")["manifests"]
        self.assertEqual(manifest["version"], "1.1.0")  # the newest, and the other one stays
        self.assertTrue((self.store / "amp" / "1.0.0" / "model.json").is_file())

    def test_remove(self):
        _, path = self.make(import_modules.Gain())
        self.imports(path, *LICENSE)
        removed = self.succeeds("models", "remove", "amp", "--json").json
        self.assertEqual(removed["paths"], [str(self.store / "amp" / "1.0.0")])
        self.assertEqual(self.entries(), [])
        self.assertEqual(self.refuses(REFUSED, ["amp"], "models", "remove", "amp"), "not_found")
        self.assertEqual(self.refuses(REFUSED, ["outside"], "models", "remove", "fake-gain"),
                         "failed_precondition")

    def test_a_model_in_use_is_neither_removed_nor_replaced(self):
        _, path = self.make(import_modules.Gain())
        self.imports(path, *LICENSE)
        write_wav(self.work / "long.wav", noise(48000 * 600, 1), 48000)
        process = subprocess.Popen(
            [CTL, "process", "long.wav", "slow.wav", "--model", "amp", "--block", "1"],
            env=self.home.environment, cwd=self.work, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        try:
            wait_until("the stream is ready", lambda: any(
                s["state"] == "ready" for s in self.succeeds("--json", "stream", "list").json["streams"]))
            for arguments in (("remove", "amp"), ("import", path, *LICENSE, "--replace")):
                word = self.refuses(REFUSED, ["used by 1 stream"], "models", *arguments)
                self.assertEqual(word, "failed_precondition")
        finally:
            process.terminate()
            process.wait()
        wait_until("the stream is closed", lambda: not self.succeeds(
            "--json", "stream", "list").json["streams"])

    def test_what_the_command_line_may_not_say(self):
        _, path = self.make(import_modules.Gain())
        self.refuses(BAD_INPUT, ["missing.pt", "no such file"], "models", "import", "missing.pt")
        self.refuses(BAD_INPUT, ["is a directory"], "models", "import", self.work)
        self.refuses(USAGE, ["--unit gain"], "models", "import", path, "--unit", "gain")
        self.refuses(REFUSED, ["parameter_units names 'gain'", "no parameters"], "models", "import",
                     path, *LICENSE, "--unit", "gain=dB")
        self.refuses(REFUSED, ["id is not a valid name"], "models", "import", path, "--id", "A b")
        self.refuses(REFUSED, ["sample_rate_hz is 5"], "models", "import", path, "--rate", "5")


class Hostile(ImportTest):
    """The daemon's own process never ends, nothing is left, and the next import succeeds."""

    def is_refused(self, path, *words, word="invalid_argument"):
        shown = self.refuses(REFUSED, [str(path), *words], "models", "import", path, *LICENSE)
        self.assertEqual(shown, word)
        self.assertEqual(self.entries(), [])
        self.assertIsNone(self.daemon_process.poll())

    def write(self, name, data):
        path = self.work / name
        path.write_bytes(data)
        return path

    def archive(self, name="amp.pt", **replaced):
        """A good archive with some entries replaced, by their last part: data_pkl=b"…"."""
        _, good = self.make(import_modules.Gain(), "good.pt")
        path = self.work / name
        with zipfile.ZipFile(good) as old, zipfile.ZipFile(path, "w") as new:
            for entry in old.infolist():
                key = entry.filename.split("/", 1)[1].replace(".", "_").replace("/", "_")
                new.writestr(entry.filename, replaced.get(key, old.read(entry)))
        good.unlink()
        return path

    def test_what_is_no_model(self):
        self.is_refused(self.write("song.mid", b"MThd\0\0\0\6"), "neither JSON")
        self.is_refused(self.write("empty.pt", b""), "is empty")
        self.is_refused(self.write("zip.pt", b"PK\x03\x04"), "cannot load it")
        path = self.work / "large.pt"
        with open(path, "wb") as file:
            file.truncate((1 << 30) + 1)
        self.is_refused(path, "the limit is 1073741824")

    def test_a_forward_that_gives_three_things(self):
        _, path = self.make(import_modules.Triple())
        self.is_refused(path, "forward gives 3 things, two are expected")

    def test_a_truncated_archive(self):
        _, path = self.make(import_modules.Nn())
        data = path.read_bytes()
        for share in (0.1, 0.5, 0.9, 0.999):
            self.is_refused(self.write("cut.pt", data[:int(len(data) * share)]), "cannot load it")

    def test_a_pickle_that_wants_to_run_a_program(self):
        class Run:
            def __reduce__(self):
                return os.system, ("touch " + str(victim),)
        victim = self.work / "victim"
        self.is_refused(self.archive(data_pkl=pickle.dumps(Run(), 2)))
        self.assertFalse(victim.exists())
        self.is_refused(self.archive(data_pkl=b"\x80\x02garbage"))

    def test_a_pickle_so_deep_that_the_reader_crashes(self):
        deep = b"\x80\x02)" + b"\x85" * 3_000_000 + b"."
        self.is_refused(self.archive(data_pkl=deep))

    def test_a_zip_bomb(self):
        packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        path, size = self.archive(), 1700 << 20
        megabyte = bytes(1 << 20)
        body = b"".join(packer.compress(megabyte) for _ in range(size >> 20)) + packer.flush()
        crc = 0
        for _ in range(size >> 20):
            crc = zlib.crc32(megabyte, crc)
        name = [n for n in zipfile.ZipFile(path).namelist() if n.endswith("data.pkl")][0]
        bomb = self.work / "bomb.pt"
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(bomb, "w") as new:
            for entry in old.infolist():
                if entry.filename != name:
                    new.writestr(entry.filename, old.read(entry))
            info = zipfile.ZipInfo(name)
            info.compress_type, info.CRC = zipfile.ZIP_DEFLATED, crc
            info.compress_size, info.file_size = len(body), size
            info.header_offset = new.fp.tell()
            new.fp.write(info.FileHeader(False))
            new.fp.write(body)
            new.start_dir = new.fp.tell()
            new.filelist.append(info)
            new.NameToInfo[name] = info
        self.assertLess(bomb.stat().st_size, 20 << 20)
        self.is_refused(bomb)

    def test_a_module_that_allocates_without_end(self):
        _, path = self.make(import_modules.Hoards())
        self.is_refused(path, "memory")

    def test_a_module_that_writes_into_files(self):
        victim = self.write("victim.txt", bytes(64))
        _, path = self.make(import_modules.Writes(str(victim)))
        self.is_refused(path)
        self.assertEqual(victim.read_bytes(), bytes(64))

    def test_outputs_that_are_none(self):
        for module, words in ((import_modules.Infinite(), ["not finite"]),
                              (import_modules.Short(), ["as many frames are expected"]),
                              (import_modules.Double(), ["a tensor is expected"])):
            _, path = self.make(module)
            self.is_refused(path, *words)

    def test_the_daemon_goes_on(self):
        _, path = self.make(import_modules.Gain())
        self.imports(path, *LICENSE)


class Endless(ImportTest):
    """With a short patience."""

    @classmethod
    def configure(cls):
        directory = pathlib.Path(cls.home.environment["XDG_CONFIG_HOME"]) / "continuo"
        directory.mkdir(exist_ok=True)
        (directory / "continuod.toml").write_text(
            "[models]\nimport_timeout_s = 6\n")

    def test_a_module_that_loops_for_ever(self):
        _, path = self.make(import_modules.Loops())
        word = self.refuses(REFUSED, [str(path), "within 6 s"], "models", "import", path, *LICENSE)
        self.assertEqual(word, "deadline_exceeded")

    def test_an_import_that_is_interrupted_leaves_nothing(self):
        _, path = self.make(import_modules.Loops())
        process = subprocess.Popen([CTL, "models", "import", path, "--no-autostart", *LICENSE],
                                   env=self.home.environment, stderr=subprocess.DEVNULL)
        wait_until("it is inspected", lambda: any(b"--inspector" in one for one in self.home.commands()))
        process.terminate()
        process.wait()
        wait_until("nothing is left", lambda: not self.entries())


if __name__ == "__main__":
    unittest.main()
