#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Ground truth of `tube`: a triode preamp stage, solved at 8x oversampling.

  vin --Cc 22n--a--Rs 68k--grid |        | plate--+--Rp 100k-- B 300 V
                |               | 12AX7  |        +--Co 22n--+-- out
              Rl 1M             |cathode |                 Ro 470k
               gnd              +--+--Rk--gnd               gnd
                                   +--Ck 22u--gnd

vin is the input in full scales times the gain knob's voltage, 0.5 V at 0 to 30 V at 10 (equal
steps are equal ratios): what an earlier clean stage and its volume pot deliver. The bias knob is
Rk: 10 kOhm at 0 (cold), 470 Ohm at 10 (hot), equal steps equal ratios.

Triode (Koren's phenomenological equations and his values of the 12AX7; volts, amperes):
  E  = vpk / kp * log(1 + exp(kp (1 / mu + vgk / sqrt(kvb + vpk^2))))
  ip = 2 E^ex / kg1
with the grid current of Dempwolf and Zoelzer (2011; first measured tube), without its constant:
  ig = Gg (log(1 + exp(Cg vgk)) / Cg)^xi

Algebraic part, for e = a - vk, which is all the grid sees of vin and the two capacitors:
  vgk + Rs ig(vgk) = e                          -> G(e) = ig
  (B - vk - vpk) / Rp = ip(vgk, vpk)            -> K(e, vk) = ip + ig, P(e, vk) = vpk + vk
both solved by bisection once on a grid of 10 mV in e and 0.5 V in vk, then interpolated
linearly. Differential part:
  a = vin - vc,  Cc dvc/dt = a / Rl + G(e),  Ck dvk/dt = K(e, vk) - vk / Rk
neither is stiff (the fastest time constant, Cc Rs, is 1.5 ms against steps of 2.6 us): two-step
Adams-Bashforth. So a loud note pumps vk up (the bias gets colder), and charges Cc through the
conducting grid: after it the tube is cut off until Cc has discharged through Rl (blocking).
Output: the plate's deviation from rest, inverted, through Co and Ro (15 Hz).
The bias knob moves the operating point at once, with Ck's charge along: turning it does not thump.

Left out: the Miller and stray capacitances (they would take off the top above about 15 kHz), the
supply's sag, the next stage's load on Ro, heater hum, noise, the spread of real tubes.
Chosen by us: component values (the usual ones of such a stage), the voltages of the gain knob.
"""

import os
import sys

import numpy as np
from scipy import signal

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import filters  # noqa: E402

CC, RL, RS = 22e-9, 1e6, 68e3
RP, B_VOLTS, CK = 100e3, 300.0, 22e-6
CO, RO = 22e-9, 470e3
MU, EX, KG1, KP, KVB = 100.0, 1.4, 1060.0, 600.0, 300.0
GG, XI, CG = 6.177e-4, 1.314, 9.901

OUTPUT_POLE_HZ = 1 / (2 * np.pi * RO * CO)
# Sample value at the output for one volt at the plate, so that level 0 dB is about unity
# loudness for a guitar at gain 5, bias 5 (`evaluate.py` measures it).
OUTPUT_PER_VOLT = 0.0045

E_LOW, E_HIGH, E_STEP = -90.0, 60.0, 0.01
VK_STEP, VK_COUNT = 0.5, 33


def input_volts(gain):
    return 0.5 * 60.0 ** (np.clip(gain, 0, 10) / 10)


def cathode_ohm(bias):
    return 10e3 * 0.047 ** (np.clip(bias, 0, 10) / 10)


def grid_current(vgk):
    return GG * (np.logaddexp(0, CG * vgk) / CG) ** XI


def plate_current(vgk, vpk):
    e = vpk / KP * np.logaddexp(0, KP * (1 / MU + vgk / np.sqrt(KVB + vpk * vpk)))
    return 2 * e ** EX / KG1


def _bisect(rising, low, high):
    for _ in range(60):
        middle = 0.5 * (low + high)
        above = rising(middle) > 0
        high, low = np.where(above, middle, high), np.where(above, low, middle)
    return 0.5 * (low + high)


def solve(e, vk):
    """(G, K, P) at e and vk, broadcast against each other."""
    e, vk = np.broadcast_arrays(np.asarray(e, np.float64), np.asarray(vk, np.float64))
    vgk = _bisect(lambda v: v + RS * grid_current(v) - e, np.minimum(e, 0) - 0.1 - 0 * e, np.maximum(e, 0) + 0.1)
    vgk = np.where(grid_current(e) * RS < 1e-14, e, vgk)
    vpk = _bisect(lambda v: plate_current(vgk, v) - (B_VOLTS - vk - v) / RP, 0 * e, B_VOLTS + 0 * e)
    ig = grid_current(vgk)
    return ig, plate_current(vgk, vpk) + ig, vpk + vk


_tables = None


def tables():
    """The curves on the grid, made once: G [e], K and P [vk][e]."""
    global _tables
    if _tables is None:
        e = np.arange(E_LOW, E_HIGH + E_STEP / 2, E_STEP)
        vk = np.arange(VK_COUNT)[:, None] * VK_STEP
        rows = [solve(e, v) for v in vk[:, 0]]
        _tables = rows[0][0], np.stack([r[1] for r in rows]), np.stack([r[2] for r in rows])
    return _tables


def rest(bias):
    """vk at rest, for bias 0..10."""
    rk = cathode_ohm(bias)
    return _bisect(lambda v: v - rk * solve(-v, v)[1], 0 * rk, 15 + 0 * rk)


def simulate(x, gain, bias, rate_hz):
    """Solves the stage for a batch of signals at level 0 dB.

    x, gain, bias: [batch, frames] (knobs also [batch, 1] for knobs that stand still).
    Returns (before, after): the signal before and after the output coupling, [batch, frames].
    """
    batch, frames = x.shape
    m = filters.OVERSAMPLING
    h = 1.0 / (rate_hz * m)
    table_g, table_k, table_p = tables()
    width = len(table_g)
    flat_k, flat_p = table_k.ravel(), table_p.ravel()
    up = filters.upsample(x)
    out = np.empty_like(up)
    moving = gain.shape[1] > 1 or bias.shape[1] > 1
    gain = np.broadcast_to(gain, (batch, gain.shape[1]))
    bias = np.broadcast_to(bias, (batch, bias.shape[1]))
    if moving:
        points = np.linspace(0, 10, 2001)
        vk0_all = np.interp(bias, points, rest(points))
    else:
        vk0_all = rest(bias)
    vc, dk = np.zeros(batch), np.zeros(batch)
    last_c, last_k = np.zeros(batch), np.zeros(batch)
    scale, leak = 1 / E_STEP, 1 / (RL * CC)

    def curves(e, vk):
        at = np.clip((e - E_LOW) * scale, 0, width - 1.001)
        i = at.astype(np.int64)
        f = at - i
        row = np.clip(vk * (1 / VK_STEP), 0, VK_COUNT - 1.001)
        r = row.astype(np.int64)
        w = row - r
        g = table_g[i]
        g = g + f * (table_g[i + 1] - g)
        j = r * width + i
        q = []
        for t in (flat_k, flat_p):
            a, b = t[j], t[j + width]
            a = a + f * (t[j + 1] - a)
            b = b + f * (t[j + width + 1] - b)
            q.append(a + w * (b - a))
        return g, q[0], q[1]

    for n in range(frames):
        if n == 0 or moving:
            volts = input_volts(gain[:, min(n, gain.shape[1] - 1)])
            b = min(n, bias.shape[1] - 1)
            inverse_rk = 1 / cathode_ohm(bias[:, b])
            vk0 = vk0_all[:, b]
            g0, k0, p0 = curves(-vk0, vk0)
        for s in range(n * m, n * m + m):
            a = up[s] * volts - vc
            vk = vk0 + dk
            g, k, p = curves(a - vk, vk)
            rate_c = a * leak + (g - g0) * (1 / CC)
            rate_k = (k - k0 - dk * inverse_rk) * (1 / CK)
            vc += h * (1.5 * rate_c - 0.5 * last_c)
            dk += h * (1.5 * rate_k - 0.5 * last_k)
            last_c, last_k = rate_c, rate_k
            out[s] = (p0 - p) * OUTPUT_PER_VOLT
    after = signal.lfilter(*filters.one_pole(OUTPUT_POLE_HZ, rate_hz * m), out, axis=0)
    return filters.downsample(out, frames), filters.downsample(after, frames)


def _self_test():
    b = np.array([0.0, 2.5, 5, 7.5, 10])
    vk = rest(b)
    print("bias", b, "Rk", cathode_ohm(b).round(), "vk", vk.round(3), "plate", solve(-vk, vk)[2].round(1))


if __name__ == "__main__":
    _self_test()
