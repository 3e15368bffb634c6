# SPDX-License-Identifier: Apache-2.0
"""`continuoctl models import` of amplifiers of NAM, GuitarML and AIDA-X, and of files that are
none. What they sound like is PyTorch's word, or numpy's in double precision."""

import copy
import json
import os
import pathlib
import pty
import subprocess
import unittest

import numpy
import torch

import ctl_harness
import nam_models
from ctl_harness import CTL, OK, REFUSED, noise
from ctl_import_test import LICENSE, ImportTest

ctl_harness.WATCHDOG_S = 240


def sigmoid(x):
    return 1 / (1 + numpy.exp(-x))


def guitarml(hidden, inputs):
    """A file as GuitarML's Proteus has them, and the module that it was made of."""
    torch.manual_seed(5)
    lstm, dense = torch.nn.LSTM(inputs, hidden, batch_first=True), torch.nn.Linear(hidden, 1)
    state = {"rec." + name: value.tolist() for name, value in lstm.state_dict().items()}
    state.update({"lin." + name: value.tolist() for name, value in dense.state_dict().items()})
    data = {"model": "SimpleRNN", "unit_type": "LSTM", "input_size": inputs, "output_size": 1,
            "hidden_size": hidden, "num_layers": 1, "skip": 1, "bias_fl": True}
    return {"model_data": data, "state_dict": state}, (lstm, dense)


def keras_lstm(file, x):
    """The net of an AIDA-X file alone, from rest."""
    kernel, recurrent, bias = (numpy.array(w) for w in file["layers"][0]["weights"])
    units = recurrent.shape[0]
    dense, offset = (numpy.array(w) for w in file["layers"][1]["weights"])
    hidden, cell, out = numpy.zeros(units), numpy.zeros(units), []
    for sample in x:
        i, f, g, o = numpy.split(sample * kernel[0] + hidden @ recurrent + bias, 4)
        cell = sigmoid(f) * cell + sigmoid(i) * numpy.tanh(g)
        hidden = sigmoid(o) * numpy.tanh(cell)
        out.append(float(hidden @ dense[:, 0] + offset[0]))
    return numpy.array(out)


def conv1d(layer, x):
    """A causal convolution of Keras over [frame][input]."""
    kernel, bias = (numpy.array(w) for w in layer["weights"])
    past = (len(kernel) - 1) * layer["dilation"][0]
    padded = numpy.concatenate([numpy.zeros((past, x.shape[1])), x])
    return bias + sum(padded[k * layer["dilation"][0]:][:len(x)] @ tap
                      for k, tap in enumerate(kernel))


def convolutions():
    """An RTNeural file of convolutions alone, and what it gives from rest."""
    draw = numpy.random.default_rng(8)

    def lists(*shape):
        return draw.uniform(-0.5, 0.5, shape).round(3).tolist()

    def layer(kind, units, activation, weights, **more):
        return {"type": kind, "activation": activation, "shape": [None, None, units], **more,
                "weights": weights}

    layers = [layer("conv1d", 8, "tanh", [lists(5, 1, 8), lists(8)], kernel_size=[5], dilation=[1],
                    groups=1),
              layer("batchnorm", 8, "", [lists(8), lists(8), lists(8), [0.75] * 8], epsilon=0.001),
              layer("prelu", 8, "", [lists(1, 8)]),
              layer("conv1d", 4, "elu", [lists(3, 8, 4), lists(4)], kernel_size=[3], dilation=[90],
                    groups=1),
              layer("dense", 1, "", [lists(4, 1), lists(1)])]

    def play(x):
        y = numpy.tanh(conv1d(layers[0], numpy.reshape(x, (-1, 1))))
        gamma, beta, mean, variance = (numpy.array(w) for w in layers[1]["weights"])
        y = gamma * (y - mean) / numpy.sqrt(variance + 0.001) + beta
        y = numpy.where(y < 0, y * numpy.array(layers[2]["weights"][0][0]), y)
        y = conv1d(layers[3], y)
        y = numpy.where(y < 0, numpy.expm1(y), y)
        dense, offset = (numpy.array(w) for w in layers[4]["weights"])
        return y @ dense[:, 0] + offset[0]

    return {"in_shape": [None, None, 1], "layers": layers}, play


def aida(units):
    draw = numpy.random.default_rng(6)

    def lists(*shape):
        return draw.uniform(-0.5, 0.5, shape).round(3).tolist()

    bias = numpy.array(lists(4 * units))
    layers = [{"type": "lstm", "activation": "", "shape": [None, None, units],
               "weights": [lists(1, 4 * units), lists(units, 4 * units), bias.tolist()]},
              {"type": "dense", "activation": "", "shape": [None, None, 1],
               "weights": [lists(units, 1), [0.0]]}]
    file = {"in_shape": [None, None, 1], "in_skip": 0, "in_gain": -6, "out_gain": 3,
            "metadata": {"name": "Crunch", "author": "A. Player", "license": "CC0-1.0",
                         "samplerate": "44100"}, "layers": layers}
    file["input_batch"] = draw.uniform(-0.5, 0.5, 500).round(4).tolist()
    file["output_batch"] = keras_lstm(file, file["input_batch"]).tolist()
    return file


class Json(ImportTest):
    def write(self, file, name):
        path = self.work / name
        path.write_text(file if isinstance(file, str) else json.dumps(file))
        return path

    def test_guitarml_with_a_knob(self):
        file, (lstm, dense) = guitarml(12, 2)
        manifest, = self.imports(self.write(file, "Proteus.json"), *LICENSE)["manifests"]
        self.assertEqual(manifest["id"], "proteus")
        self.assertEqual([p["id"] for p in manifest["parameters"]], ["knob_1"])
        x = noise(3000, 1)
        y = self.process("proteus", x, 44100, "--set", "knob_1=0.25")
        with torch.no_grad():
            knobs = torch.cat([torch.tensor(x), torch.full_like(torch.tensor(x), 0.25)], 1)
            expected = dense(lstm(knobs.unsqueeze(0))[0])[0] + torch.tensor(x)
        # It begins as after silence with the knob at its first value, which it forgets.
        numpy.testing.assert_allclose(y[500:], expected.numpy()[500:], atol=2e-5)

    def test_aida_x_with_its_self_test_gains_and_words(self):
        file = aida(8)
        result = self.imports(self.write(file, "amp.json"))
        manifest, = result["manifests"]
        self.assertEqual((manifest["name"], manifest["license"], manifest["attribution"]),
                         ("Crunch", "CC0-1.0", "A. Player"))
        self.assertIn("its self-test passed", manifest["summary"])
        self.assertEqual(manifest["variants"][0]["sample_rate_hz"], 44100)
        x = noise(3000, 1)
        y = self.process("amp", x, 44100)
        rest = numpy.zeros(22050)  # it begins as after silence
        expected = keras_lstm(file, numpy.concatenate([rest, x[:, 0] * 10 ** (-6 / 20)]))
        numpy.testing.assert_allclose(y[:, 0], expected[len(rest):] * 10 ** (3 / 20), atol=2e-5)

    def test_rtneural_with_convolutions(self):
        file, play = convolutions()
        path = self.write(file, "pedal.json")
        manifest, = self.imports(path, *LICENSE)["manifests"]
        self.assertIn("Conv-8 + Conv-4", manifest["summary"])
        self.assertAlmostEqual(manifest["audio"]["tail_ms"], 1e3 * (4 + 180) / 48000, places=3)
        x = noise(3000, 1)
        y = self.process("pedal", x, 48000)
        rest = numpy.zeros(4 + 180)  # it begins as after silence
        expected = play(numpy.concatenate([rest, x[:, 0]]))[len(rest):]
        numpy.testing.assert_allclose(y[:, 0], expected, atol=2e-5)
        file["layers"][3]["type"] = "conv2d"
        path = self.write(file, "other.json")
        self.refuses(REFUSED, [str(path), "layers[3].type: is \"conv2d\"", "conv1d"],
                     "models", "import", path, *LICENSE)

    def test_a_self_test_that_fails_is_told_with_both_values(self):
        file = aida(8)
        file["output_batch"][100] += 0.01
        self.refuses(REFUSED, ["output_batch[100]: is ", "the net gives"], "models", "import",
                     self.write(file, "amp.json"))

    def test_nam_of_every_architecture_plays(self):
        folder = pathlib.Path(os.environ["CONTINUO_SOURCE_DIR"]) / "tests" / "fuzz" / "corpus" / "nam"
        x = noise(2000, 1)
        names = sorted(p.name for p in folder.glob("*.nam"))
        self.assertGreaterEqual(len(names), 5)
        for name in names:
            with self.subTest(name):
                model = name.split(".")[0]
                manifest, = self.imports(folder / name, *LICENSE)["manifests"]
                self.assertEqual(manifest["id"], model)
                y = self.process(model, x, manifest["variants"][0]["sample_rate_hz"])
                self.assertTrue(numpy.isfinite(y).all())
                self.assertGreater(numpy.abs(y - y.mean()).max(), 1e-6)

    def test_the_author_is_asked_where_the_licence_is_known(self):
        file = aida(4)
        del file["metadata"]["author"]
        path = self.write(file, "amp.json")

        def answer(words):
            master, slave = pty.openpty()
            process = subprocess.Popen(
                [CTL, "models", "import", path, "--replace", "--no-autostart"],
                env=self.home.environment, stdin=slave, stdout=subprocess.PIPE, stderr=slave)
            os.close(slave)
            shown = b""
            while b"Author (" not in shown:
                shown += os.read(master, 4096)
            self.assertNotIn(b"Licence (", shown)
            os.write(master, words)
            out = process.communicate()[0].decode()
            os.close(master)
            self.assertEqual(process.returncode, OK, shown)
            return out

        self.assertIn("licence   CC0-1.0\n", answer(b"\n"))
        self.assertIn("licence   CC0-1.0, by Somebody", answer(b"Somebody\n"))
        self.assertEqual(self.manifest("amp")["attribution"], "Somebody")

    def test_damaged_files_are_refused_with_field_and_expectation(self):
        whole = nam_models.lstm(numpy.random.default_rng(7), 4, 1)

        def changed(of, *change):
            other = copy.deepcopy(of)
            *way, last, value = change
            place = other
            for step in way:
                place = place[step]
            place[last] = value
            return other

        proteus = guitarml(3, 1)[0]
        count = len(whole["weights"])
        cases = [
            (changed(whole, "weights", whole["weights"][:-1]), ["weights", str(count - 1), str(count)]),
            (changed(whole, "weights", whole["weights"] + [0.5]), ["weights", str(count + 1), str(count)]),
            (changed(whole, "version", "9.1.0"), ["version", "9.1.0"]),
            (changed(whole, "config", "hidden_size", 100000), ["config.hidden_size", "512"]),
            (changed(proteus, "model_data", "hidden_size", 4), ["expected a list of 16 lists"]),
            (changed(proteus, "state_dict", "lin.bias", [None]), ["state_dict.lin.bias[0]", "a finite float"]),
            (json.dumps(aida(4))[:-40], ["amp.json"]),
            ("{}", ["of no known format"]),
        ]
        for file, words in cases:
            with self.subTest(words):
                path = self.write(file, "amp.json")
                self.refuses(REFUSED, [str(path), *words], "models", "import", path, *LICENSE)
                self.assertEqual(self.entries(), [])
        self.assertIsNone(self.daemon_process.poll())

    def test_a_file_too_large_is_refused_unread(self):
        path = self.work / "large.nam"
        with open(path, "wb") as file:
            file.write(b'{"version": "0.5.4", "weights": [')
            file.truncate((32 << 20) + 1)
        self.refuses(REFUSED, [str(path), str(32 << 20)], "models", "import", path, *LICENSE)


if __name__ == "__main__":
    unittest.main()
