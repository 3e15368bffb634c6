# SPDX-License-Identifier: Apache-2.0
"""The student of `tube`: the stage's slow voltages and its curve once a frame around a learned network.

Signal path (rate fs, one value a frame):

  x -> vin = x * volts(gain)
    -> [fixed, linear] vin at four moments: n, and a quarter, half and three quarters of a frame
       after n - DELAY (windowed sinc), so that edges between frames can be seen
    -> [fixed] e_i = vin_i - vc - vk0 - dk; the curves G, K, P of the circuit at each e_i;
       vc and dk, the capacitors' voltages, go on one step by the mean of the four
    -> s_i = (P at rest - P(e_i, vk)) * SHAPE_GAIN, dk, vc
    -> [learned] dilated causal convolutions over (s0..s3, dk, vc) (common/tcn.py), knobs
       gain / 5 - 1 and bias / 5 - 1; stands for the plate LATENCY_FRAMES earlier
    -> [fixed, linear] output coupling (15 Hz) -> exact level gain -> y

The curves are the circuit's, sampled every 40 mV between -12 and 20 V at vk = 0 and 4 V and
interpolated (beyond: extrapolated) linearly. All features are 0 for silence at any setting, so
silence gives exact silence. The network has to do the anti-aliasing and what one step a
frame and the coarse curves leave wrong.
"""

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import circuit  # noqa: E402
import filters  # noqa: E402

FEATURES = 6
# Frames by which the output lags the circuit's. The more of what comes after a frame is known, the
# better the curve's harmonics above half the rate can be kept out: with 4 the validation ESR
# stayed at 0.12 % (worst segment 2.4 %), with 8 it fell within minutes to less than two thirds.
LATENCY_FRAMES = 8
SHAPE_GAIN = 0.01  # a volt
BIAS_GAIN, COUPLING_GAIN = 0.5, 0.1  # of dk and vc
E_LOW, E_STEP, E_COUNT = -12.0, 0.04, 801
VK_HIGH = 4.0
REST_COUNT = 101


def curves():
    """G [e], K and P [2][e] as float32, and vk at rest over the bias knob's travel."""
    e = E_LOW + E_STEP * np.arange(E_COUNT)
    at = [circuit.solve(e, vk) for vk in (0.0, VK_HIGH)]
    rest = circuit.rest(np.linspace(0, 10, REST_COUNT))
    return tuple(a.astype(np.float32) for a in
                 (at[0][0], np.stack([t[1] for t in at]), np.stack([t[2] for t in at]), rest))


class Front:
    """Everything before the learned part; streams, like what the runner has."""

    def __init__(self, rate_hz, batch):
        self.g, self.k, self.p, self.rest = (t.astype(np.float64) for t in curves())
        self.h = 1.0 / rate_hz
        self.taps = filters.phase_filters()
        self.vc, self.dk = np.zeros(batch), np.zeros(batch)
        self.last_c, self.last_k = np.zeros(batch), np.zeros(batch)
        self.past = np.zeros((batch, 2 * filters.DELAY - 1))

    def look_up(self, e, vk):
        at = (e - E_LOW) / E_STEP
        i = np.clip(np.floor(at), 0, E_COUNT - 2).astype(np.int64)
        f = at - i
        line = lambda t: t[i] + f * (t[i + 1] - t[i])
        w = vk / VK_HIGH
        k0, p0 = line(self.k[0]), line(self.p[0])
        return line(self.g), k0 + w * (line(self.k[1]) - k0), p0 + w * (line(self.p[1]) - p0)

    def run(self, x, gain, bias):
        """x [B, T], knobs [B, T] or [B, 1] -> features [B, FEATURES, T]."""
        batch, frames = x.shape
        vin = np.concatenate([self.past, x], 1)
        self.past = vin[:, frames:].copy()
        volts = circuit.input_volts(gain)
        out = np.empty((batch, FEATURES, frames))
        phases = np.stack([np.apply_along_axis(np.convolve, 1, vin, t[::-1], "valid") for t in self.taps])
        for n in range(frames):
            j = min(n, bias.shape[1] - 1)
            if n == 0 or bias.shape[1] > 1:
                at = np.clip(bias[:, j], 0, 10) * ((REST_COUNT - 1) / 10)
                i = np.minimum(at.astype(np.int64), REST_COUNT - 2)
                vk0 = self.rest[i] + (at - i) * (self.rest[i + 1] - self.rest[i])
                g0, k0, p0 = self.look_up(-vk0, vk0)
                inverse_rk = 1 / circuit.cathode_ohm(bias[:, j])
            a = phases[:, :, n] * volts[:, min(n, volts.shape[1] - 1)] - self.vc
            vk = vk0 + self.dk
            g, k, p = self.look_up(a - vk, vk)
            out[:, :4, n] = ((p0 - p) * SHAPE_GAIN).T
            out[:, 4, n], out[:, 5, n] = self.dk * BIAS_GAIN, self.vc * COUPLING_GAIN
            rate_c = a.mean(0) / (circuit.RL * circuit.CC) + (g.mean(0) - g0) / circuit.CC
            rate_k = (k.mean(0) - k0 - self.dk * inverse_rk) / circuit.CK
            self.vc = self.vc + self.h * (1.5 * rate_c - 0.5 * self.last_c)
            self.dk = self.dk + self.h * (1.5 * rate_k - 0.5 * self.last_k)
            self.last_c, self.last_k = rate_c, rate_k
        return out


def knob_features(gain, bias):
    return np.stack([gain / 5 - 1, bias / 5 - 1], -1)
