#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The student of `drive`: exact linear couplings around a small odd-symmetric dilated network.

Signal path (rate fs, one value a frame):

  x -> [fixed, linear] -> u (after the input coupling), c (u through the 720 Hz high-pass)
    -> [fixed, linear] c at four moments: n, and a quarter, half and three quarters of a frame
       after n - DELAY (windowed sinc), so that edges between frames can be seen
    -> [fixed, memoryless] s0..s3 = quasi-static clipper voltage for these and the drive resistance
    -> [learned] dilated causal convolutions over (u, c, s0..s3), knobs as per-frame gains
    -> [fixed, linear] output coupling (1.6 Hz, 3.1 Hz) -> exact level gain -> y

The learned part is that of common/tcn.py, with the features above and the knobs
  k   = (log(Rf / R6) / log((R6 + P1) / R6) * 2 - 1, tone / 5 - 1)        -1..1
Its y stands for the circuit LATENCY_FRAMES earlier.
The whole is odd in x, so silence gives exact silence and a symmetric input gives no DC.
"""

from typing import List, Tuple

import numpy as np
import torch

import circuit
import filters

FEATURES = 6
INPUT_GAIN = 4.0  # u and c, in full scales, times this: brings them to the size of s
MAX_FRAMES = 4096
# Frames by which the output lags the circuit's. Where a loud, bright signal crosses zero between two
# frames is only known from the frames around it; with 0 the error on clipped white noise
# cannot fall much below 6 %, with 4 it can fall to 1.6 % (a linear decoder's least squares).
LATENCY_FRAMES = 4


def input_filters(rate_hz):
    """((b, a) of u, (b, a) of c) from x in full scales; bilinear at the base rate."""
    b, a = filters.cascade(circuit.INPUT_POLES_HZ, rate_hz)
    bc, ac = circuit.one_pole(circuit.CLIP_POLE_HZ, rate_hz)
    return (b, a), (np.convolve(b, bc), np.convolve(a, ac))


def output_filter(rate_hz):
    return filters.cascade(circuit.OUTPUT_POLES_HZ, rate_hz)


def quasi_static(c, rf):
    """The clipper's voltage in units of 0.4 V, were C4 absent: a smooth minimum of the
    resistor's and the diodes' voltages. c in full scales, rf in ohm (broadcast)."""
    i = c * (circuit.VOLTS_AT_FULL_SCALE / circuit.R4)
    by_resistor = i * rf
    a = (i.abs() + 1e-13) * (0.5 / circuit.DIODE_IS)
    by_diodes = torch.log(a + torch.sqrt(a * a + 1.0)) * circuit.DIODE_NVT  # asinh
    ratio = by_resistor / by_diodes
    r2 = ratio * ratio
    r4 = r2 * r2
    return by_resistor * 2.5 * (1.0 + r4 * r4).pow(-0.125)


def knob_features(drive, tone):
    """numpy; ([2], rf)."""
    rf = circuit.feedback_resistance(drive)
    top = np.log((circuit.R6 + circuit.P1) / circuit.R6)
    return np.stack([np.log(rf / circuit.R6) / top * 2 - 1, tone / 5 - 1], -1), rf


class Pedal(torch.nn.Module):
    """What is exported: streaming, functional, `forward(x, params, state) -> (y, state)`.

    x [1, 1, T], params [1, 3, T] (drive, tone, level in dB), T from 1 to 4096.
    state: [0] the input couplings' three modes (float64), [1] the output coupling's two
    (float64), [2] the past of c, [1, 2 DELAY - 1], [3 + l] the past frames of layer l, [channels, (K_l - 1) D_l].
    The first-order sections run in closed form, y[n] = p^n (p s + sum over j <= n of p^-j x[j]),
    in float64: exact to 1e-13 up to 4096 frames, with no loop over frames.
    """

    kernels: List[int]
    dilations: List[int]
    linear: List[bool]
    convs: List[torch.Tensor]

    def __init__(self, student, rate_hz):
        super().__init__()
        cfg = student.config
        self.kernels, self.dilations = list(cfg.kernels), list(cfg.dilations)
        self.channels, self.layers = cfg.channels, len(cfg.kernels)
        self.linear = [l in cfg.linear for l in range(self.layers)]
        self.features, self.phases, self.phase_taps = FEATURES, filters.PHASES, 2 * filters.DELAY
        self.phase_w = torch.nn.Parameter(torch.tensor(filters.phase_filters(), dtype=torch.float32), requires_grad=False)
        self.sample_rate_hz = int(rate_hz)
        # [C][K][in] flattened: matches the unfolded [K * in, T] matrix.
        self.convs = [w.detach().permute(0, 2, 1).reshape(w.shape[0], -1).contiguous() for w in student.convs]
        f = lambda t: torch.nn.Parameter(t.detach().clone().contiguous(), requires_grad=False)
        self.knob_w, self.knob_b = f(student.knob_in.weight), f(student.knob_in.bias[:, None])
        self.film_w = f(torch.cat([student.gains.weight, student.head.weight]))
        self.film_b = f(torch.cat([student.gains.bias, student.head.bias])[:, None])
        n = torch.arange(MAX_FRAMES, dtype=torch.float64)
        inputs = (*circuit.INPUT_POLES_HZ, circuit.CLIP_POLE_HZ)
        for name, sections, hz, gain in (("in", input_filters(rate_hz), inputs, INPUT_GAIN),
                                        ("out", (output_filter(rate_hz),), circuit.OUTPUT_POLES_HZ, 1.0)):
            poles, direct, residues = filters.modes(sections, hz, rate_hz)
            p = torch.tensor(poles)[:, None]
            self.register_buffer(name + "_pole", p)
            self.register_buffer(name + "_up", p ** n)
            self.register_buffer(name + "_down", p ** -n)
            self.register_buffer(name + "_direct", torch.tensor(direct)[:, None] * gain)
            self.register_buffer(name + "_residues", torch.tensor(residues) * gain)
        # Memoryless constants.
        self.taper = float(circuit._TAPER) / 10.0
        self.rf_scale = float(circuit.P1 / np.expm1(circuit._TAPER) / circuit.R6)
        self.rf_span = float(2 / np.log((circuit.R6 + circuit.P1) / circuit.R6))
        amps = circuit.VOLTS_AT_FULL_SCALE / circuit.R4 / INPUT_GAIN
        self.resistor_gain = float(2.5 * amps * circuit.R6)
        self.diode_gain = float(amps * 0.5 / circuit.DIODE_IS)
        self.diode_eps = float(1e-13 * 0.5 / circuit.DIODE_IS)
        self.diode_volts = float(2.5 * circuit.DIODE_NVT)
        self.db = float(np.log(10) / 20)

    @torch.jit.export
    def initial_state(self) -> List[torch.Tensor]:
        state = [torch.zeros(3, 1, dtype=torch.float64), torch.zeros(2, 1, dtype=torch.float64),
                 torch.zeros(1, self.phase_taps - 1)]
        for l in range(self.layers):
            c = self.channels
            if l == 0:
                c = self.features
            state.append(torch.zeros(c, (self.kernels[l] - 1) * self.dilations[l]))
        return state

    def forward(self, x: torch.Tensor, params: torch.Tensor,
                state: List[torch.Tensor]) -> Tuple[torch.Tensor, List[torch.Tensor]]:
        frames = x.shape[2]
        new_state: List[torch.Tensor] = []
        knobs = params[0]
        rf = torch.expm1(knobs[0:1].clamp(0.0, 10.0) * self.taper) * self.rf_scale + 1.0  # Rf / R6
        k = torch.cat([torch.log(rf) * self.rf_span - 1.0, knobs[1:2].clamp(0.0, 10.0) * 0.2 - 1.0])
        film = self.product(self.film_w, torch.tanh(torch.addmm(self.knob_b, self.knob_w, k))) + self.film_b

        # Input couplings.
        xd = torch.nan_to_num(x[0], 0.0, 0.0, 0.0).clamp(-8.0, 8.0).to(torch.float64)
        lp = (torch.cumsum(xd * self.in_down[:, :frames], 1) + self.in_pole * state[0]) * self.in_up[:, :frames]
        new_state.append(self.settle(lp[:, frames - 1:]))
        lin = torch.addmm(self.in_direct * xd, self.in_residues, lp).to(torch.float32)

        # Quasi-static clipper.
        past = torch.cat([state[2], lin[1:2]], 1)
        new_state.append(past[:, frames:].contiguous())
        c = self.product(self.phase_w, past.as_strided([self.phase_taps, frames], [1, 1]).contiguous())
        by_resistor = c * rf * self.resistor_gain
        a = c.abs() * self.diode_gain + self.diode_eps
        ratio = by_resistor / (torch.log(a + torch.sqrt(a * a + 1.0)) * self.diode_volts)
        r2 = ratio * ratio
        r4 = r2 * r2
        r = torch.cat([lin, by_resistor * torch.rsqrt(r4 * r4 + 1.0).sqrt().sqrt()])

        # Network.
        zs: List[torch.Tensor] = []
        n = self.channels
        for l in range(self.layers):
            taps = self.kernels[l]
            d = self.dilations[l]
            padded = torch.cat([state[3 + l], r], 1)
            width = padded.shape[1]
            rows = padded.shape[0]
            unfolded = padded.as_strided([taps, rows, frames], [d, width, 1]).reshape(taps * rows, frames)
            z = self.product(self.convs[l], unfolded) * film[l * n:(l + 1) * n]
            if not self.linear[l]:
                z = torch.tanh(z)
            new_state.append(padded[:, width - (taps - 1) * d:].contiguous())
            zs.append(z)
            if l == 0:
                r = z
            else:
                r = r + z
        y = (torch.cat(zs) * film[self.layers * n:]).sum(0, keepdim=True)

        # Output coupling and level.
        yd = y.to(torch.float64)
        lp = (torch.cumsum(yd * self.out_down[:, :frames], 1) + self.out_pole * state[1]) * self.out_up[:, :frames]
        new_state.insert(1, self.settle(lp[:, frames - 1:]))
        y = torch.addmm(self.out_direct * yd, self.out_residues, lp).to(torch.float32)
        y = y * torch.exp(knobs[2:3].clamp(-24.0, 12.0) * self.db)
        return y.unsqueeze(0), new_state

    def product(self, w: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """w x, in pieces small enough that OpenBLAS stays on the calling thread.

        From 262,144 multiplications on it wakes its pool, whatever LibTorch's number of threads is,
        and on a busy machine the caller then waits for milliseconds.
        """
        most = 262000 // w.numel()
        if x.shape[1] <= most:
            return torch.mm(w, x)
        return torch.cat([torch.mm(w, piece) for piece in x.split(most, 1)], 1)

    def settle(self, s: torch.Tensor) -> torch.Tensor:
        """Zeroes what has decayed below any audible or representable size."""
        return torch.where(s.abs() < 1e-12, torch.zeros_like(s), s)


def export(student, rate_hz, path):
    pedal = Pedal(student, rate_hz).eval()
    scripted = torch.jit.script(pedal)
    scripted.save(path)
    return scripted
