#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes drive-<rate>.json, the weight file of the fused executor, of drive-<rate>.pt.

Weights and constants are those of the TorchScript module. `reference` computes the same
in double precision, for the golden vectors.
"""

import json
import os

import numpy as np
import torch

import circuit
import filters  # noqa: F401
import film_tcn
import network

HERE = os.path.dirname(os.path.abspath(__file__))
PARAMETERS = ("drive", "tone", "level")
RATES = (44100, 48000)


def document(rate):
    m = torch.jit.load(os.path.join(HERE, "drive-%d.pt" % rate))
    inputs = (*circuit.INPUT_POLES_HZ, circuit.CLIP_POLE_HZ)
    front = {"type": "diode_clipper",
             **film_tcn.section(network.input_filters(rate), inputs, rate, network.INPUT_GAIN),
             "phase_taps": film_tcn.phase_taps(),
             "resistor_gain": m.resistor_gain, "diode_gain": m.diode_gain, "diode_epsilon": m.diode_eps,
             "diode_volts": m.diode_volts, "taper": m.taper, "resistance_scale": m.rf_scale,
             "resistance_span": m.rf_span}
    output = film_tcn.section((network.output_filter(rate),), circuit.OUTPUT_POLES_HZ, rate)
    channels = m.channels
    config = film_tcn.config(front, [(0, 10), (0, 10)], (-24, 12), m.kernels, m.dilations,
                             [l for l, is_linear in enumerate(m.linear) if is_linear], channels,
                             m.knob_w.shape[0], output)
    # The module keeps its convolutions as [out][tap * in].
    convs = [w.reshape(channels, k, -1).permute(0, 2, 1) for w, k in zip(m.convs, m.kernels)]
    parts = convs + [m.knob_w, m.knob_b, m.film_w, m.film_b]
    weights = np.concatenate([p.detach().numpy().ravel() for p in parts])
    return film_tcn.document("film_tcn", rate, network.LATENCY_FRAMES, PARAMETERS, config, weights)


def features(front):
    """For film_tcn.Reference: network.Pedal's front in float64."""

    def run(x, parameters):
        u, c = film_tcn.run_section(front["poles"], front["direct"], front["residues"],
                                    np.clip(np.nan_to_num(x, nan=0, posinf=0, neginf=0), -8, 8))
        drive, tone = np.clip(parameters[0], 0, 10), np.clip(parameters[1], 0, 10)
        r = np.expm1(drive * front["taper"]) * front["resistance_scale"] + 1
        by_resistor = film_tcn.phases_of(front["phase_taps"], c) * r * front["resistor_gain"]
        a = np.abs(by_resistor / (r * front["resistor_gain"])) * front["diode_gain"] + front["diode_epsilon"]
        ratio = by_resistor / (np.log(a + np.sqrt(a * a + 1)) * front["diode_volts"])
        s = by_resistor * (1 + ratio ** 8) ** -0.125
        return np.concatenate([[u, c], s]), np.stack([np.log(r) * front["resistance_span"] - 1, tone * 0.2 - 1])

    return run


def reference(rate):
    with open(os.path.join(HERE, "drive-%d.json" % rate)) as f:
        doc = json.load(f)
    return film_tcn.Reference(doc, features(doc["config"]["front"]))


def main():
    for rate in RATES:
        film_tcn.write(os.path.join(HERE, "drive-%d.json" % rate), document(rate))


if __name__ == "__main__":
    main()
