#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of nam_fuzzer into corpus/nam: a small model of each architecture
and form. Where a count of weights is wrong, the reader names the right one."""
import json
import pathlib

FOLDER = pathlib.Path(__file__).parent / "corpus" / "nam"
FILM = {"active": True, "shift": True, "groups": 1}
PLAIN = {"input_size": 1, "condition_size": 1, "channels": 2, "kernel_size": 2,
         "dilations": [1, 3], "activation": "Tanh", "head_size": 1, "head_bias": True}
FILMS = ("conv_pre_film", "conv_post_film", "input_mixin_pre_film", "input_mixin_post_film",
         "activation_pre_film", "activation_post_film", "layer1x1_post_film", "head1x1_post_film")


def model(architecture, config, count, version="0.7.0", **more):
    weights = [round(0.4 - (i * 37 % 80) / 100, 2) for i in range(count)]
    return dict(version=version, architecture=architecture, config=config, weights=weights, **more)


def seeds():
    wavenet = model("WaveNet", {"layers": [PLAIN], "head": None, "head_scale": 0.02}, 42, "0.5.4")
    everything = dict(PLAIN, condition_size=2, bottleneck=2, groups_input=2,
                      kernel_sizes=[1, 3], gating_mode=["gated", "blended"],
                      activation=[{"type": "PReLU", "negative_slopes": [0.1, 0.2]}, "Softsign"],
                      secondary_activation=["Sigmoid", {"type": "LeakyHardtanh", "max_val": 0.5}],
                      layer1x1={"active": True, "groups": 2},
                      head1x1={"active": True, "out_channels": 2, "groups": 1},
                      head={"out_channels": 2, "kernel_size": 3, "bias": True},
                      slimmable=None, **{film: FILM for film in FILMS})
    for old in ("kernel_size", "head_size", "head_bias"):
        everything.pop(old)
    condition = model("WaveNet", {"layers": [dict(PLAIN, head_size=2)]}, 45, "0.6.0")
    head = {"channels": 2, "out_channels": 1, "kernel_sizes": [2, 1], "activation": "SiLU"}
    yield "wavenet", dict(wavenet, sample_rate=44100,
                          metadata={"name": "Seed", "modeled_by": "Nobody", "loudness": -18.5})
    yield "everything", model("WaveNet", {"layers": [everything], "head": head, "head_scale": 1,
                                          "condition_dsp": condition}, 354)
    convnet = model("ConvNet", {"channels": 2, "dilations": [1, 2], "batchnorm": True,
                                "activation": "ReLU"}, 33)
    convnet["weights"] = [abs(weight) + 0.1 for weight in convnet["weights"]]
    yield "convnet", convnet
    yield "linear", model("Linear", {"receptive_field": 5, "bias": True}, 6)
    lstm = model("LSTM", {"input_size": 1, "hidden_size": 2, "num_layers": 1}, 39, "0.5.4",
                 sample_rate=8000)
    yield "lstm", lstm
    slim = {"method": "slice_channels_uniform", "kwargs": {"allowed_channels": [1, 2]}}
    yield "slimmable", model("WaveNet", {"layers": [dict(PLAIN, slimmable=slim)], "head": None,
                                         "head_scale": 0.02}, 42)
    yield "container", dict(
        model("SlimmableContainer", {"submodels": [{"max_value": 0.5, "model": dict(wavenet, sample_rate=8000)},
                                                   {"max_value": 1.0, "model": lstm}]}, 0), sample_rate=8000)


if __name__ == "__main__":
    for name, seed in seeds():
        (FOLDER / f"{name}.nam").write_text(json.dumps(seed) + "\n")
