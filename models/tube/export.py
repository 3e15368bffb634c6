#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tube-<rate>.json, the weight files of the fused executor, of the best checkpoint.

  ./export.py [--work WORK]

Both rates have the network trained at 48 kHz: what depends on the rate in seconds is in
the fixed part, and what the network does (anti-aliasing) goes by frames.

`reference` computes the same in double precision, for scores and golden vectors.
"""

import argparse
import json
import os

import numpy as np

import circuit
import filters
import film_tcn
import network
import tcn

HERE = os.path.dirname(os.path.abspath(__file__))
PARAMETERS = ("gain", "bias", "level")


def document(student, rate):
    g, k, p, rest = network.curves()
    h = 1.0 / rate
    front = {"type": "triode", "phase_taps": film_tcn.phase_taps(),
             "volts_at_0": float(circuit.input_volts(0)),
             "volts_ratio": float(circuit.input_volts(10) / circuit.input_volts(0)),
             "ohm_at_0": float(circuit.cathode_ohm(0)),
             "ohm_ratio": float(circuit.cathode_ohm(10) / circuit.cathode_ohm(0)),
             "grid_low": network.E_LOW, "grid_step": network.E_STEP, "cathode_high": network.VK_HIGH,
             "points": network.E_COUNT, "grid_current": film_tcn.numbers(g),
             "cathode_current": film_tcn.numbers(k), "plate_volts": film_tcn.numbers(p),
             "rest_points": network.REST_COUNT, "cathode_rest": film_tcn.numbers(rest),
             "leak": h / (circuit.RL * circuit.CC), "coupling_charge": h / circuit.CC,
             "cathode_charge": h / circuit.CK, "plate_gain": network.SHAPE_GAIN,
             "cathode_gain": network.BIAS_GAIN, "coupling_gain": network.COUPLING_GAIN}
    poles = (circuit.OUTPUT_POLE_HZ,)
    output = film_tcn.section((filters.cascade(poles, rate),), poles, rate)
    c = student.config
    config = film_tcn.config(front, [(0, 10), (0, 10)], (-24, 12), c.kernels, c.dilations, c.linear, c.channels,
                             c.hidden, output)
    return film_tcn.document("film_tcn", rate, network.LATENCY_FRAMES, PARAMETERS, config, film_tcn.learned(student))


def features(rate):
    """For film_tcn.Reference."""

    def run(x, parameters):
        gain, bias = parameters[0][None], parameters[1][None]
        return network.Front(rate, 1).run(x[None], gain, bias)[0], network.knob_features(gain[0], bias[0]).T

    return run


def reference(rate):
    with open(os.path.join(HERE, "tube-%d.json" % rate)) as f:
        return film_tcn.Reference(json.load(f), features(rate))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--work", default="/tmp/continuo-tube")
    a = p.parse_args()
    student = tcn.load_best(os.path.join(a.work, "48000"))
    for rate in (44100, 48000):
        film_tcn.write(os.path.join(HERE, "tube-%d.json" % rate), document(student, rate))


if __name__ == "__main__":
    main()
