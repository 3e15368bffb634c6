#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the corpus of guitarml_fuzzer and rtneural_fuzzer: small whole files and some
that lie about their shape. Run without arguments, in the tree."""
import json
import pathlib
import random

CORPUS = pathlib.Path(__file__).parent / "corpus"
draw = random.Random(1)


def numbers(count):
    return [round(draw.uniform(-0.5, 0.5), 2) for _ in range(count)]


def lists(rows, columns):
    return [numbers(columns) for _ in range(rows)]


def guitarml(unit, hidden, inputs, layers):
    rows = (4 if unit == "LSTM" else 3) * hidden
    state = {}
    for layer in range(layers):
        state[f"rec.weight_ih_l{layer}"] = lists(rows, inputs if layer == 0 else hidden)
        state[f"rec.weight_hh_l{layer}"] = lists(rows, hidden)
        state[f"rec.bias_ih_l{layer}"] = numbers(rows)
        state[f"rec.bias_hh_l{layer}"] = numbers(rows)
    state["lin.weight"], state["lin.bias"] = lists(1, hidden), numbers(1)
    data = {"unit_type": unit, "input_size": inputs, "output_size": 1, "hidden_size": hidden,
            "num_layers": layers, "skip": 1, "bias_fl": True}
    return {"model_data": data, "state_dict": state}


def keras(shape, inputs=1, **more):
    layers, wide = [], inputs
    for kind, units, activation, *conv in shape:
        taps, dilation, groups = conv or (1, 1, 1)
        weights = {"dense": lambda: [lists(wide, units), numbers(units)],
                   "lstm": lambda: [lists(wide, 4 * units), lists(units, 4 * units), numbers(4 * units)],
                   "gru": lambda: [lists(wide, 3 * units), lists(units, 3 * units), lists(2, 3 * units)],
                   "conv1d": lambda: [[lists(wide // groups, units) for _ in range(taps)],
                                      numbers(units)],
                   "batchnorm": lambda: [*lists(3, units), [1.5] * units],
                   "prelu": lambda: [lists(1, units)],
                   "activation": lambda: [],
                   }[kind]()
        layers.append({"type": kind, "activation": activation, "shape": [None, None, units],
                       "weights": weights})
        if kind == "conv1d":
            layers[-1].update({"kernel_size": [taps], "dilation": [dilation], "groups": groups})
        if kind == "batchnorm":
            layers[-1]["epsilon"] = 0.01
        wide = units
    return {"in_shape": [None, None, inputs], "layers": layers, **more}


def write(folder, name, file):
    (CORPUS / folder).mkdir(parents=True, exist_ok=True)
    (CORPUS / folder / f"{name}.json").write_text(json.dumps(file, separators=(",", ":")) + "\n")


write("guitarml", "lstm", guitarml("LSTM", 2, 1, 1))
write("guitarml", "gru_knobs", guitarml("GRU", 3, 3, 1))
write("guitarml", "two_layers", guitarml("GRU", 1, 1, 2))
lying = guitarml("LSTM", 2, 1, 1)
lying["model_data"]["hidden_size"] = 500
write("guitarml", "lying", lying)
write("rtneural", "lstm", keras([("lstm", 2, ""), ("dense", 1, "")]))
write("rtneural", "gru_knobs", keras([("gru", 3, "tanh"), ("dense", 1, "")], inputs=3, in_skip=1))
write("rtneural", "stack", keras([("dense", 2, "tanh"), ("gru", 1, ""), ("dense", 3, "relu"),
                                  ("dense", 1, "sigmoid")]))
write("rtneural", "aida", keras([("lstm", 1, ""), ("dense", 1, "")], in_gain=-3, out_gain=2.5,
                                metadata={"name": "x", "samplerate": "48000"}))
silent = keras([("gru", 1, ""), ("dense", 1, "")], input_batch=[0, 0.5, -0.5], output_batch=[0.25] * 3)
silent["layers"][1]["weights"] = [[[0]], [0.25]]
write("rtneural", "self_test", silent)
write("rtneural", "unknown", {"in_shape": [None, None, 1], "layers": [{"type": "conv2d", "activation": "",
                              "shape": [None, None, 1, 2], "kernel_size_time": 3, "weights": []}]})
write("rtneural", "convolutions", keras([
    ("conv1d", 4, "relu", 3, 2, 1), ("batchnorm", 4, ""), ("prelu", 4, ""),
    ("conv1d", 2, "elu", 2, 5, 2), ("dense", 1, "")]))
write("rtneural", "conv_lstm", keras([
    ("conv1d", 3, "", 2, 1, 1), ("prelu", 3, ""), ("lstm", 2, ""), ("activation", 2, "softmax"),
    ("dense", 1, "")], inputs=2))
far = keras([("conv1d", 2, "", 2, 1, 1), ("dense", 1, "")])
far["layers"][0]["dilation"] = [65536]
write("rtneural", "far_past", far)
