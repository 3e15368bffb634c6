#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Ground truth of `drive`: an overdrive pedal's circuit, solved at 8x oversampling.

The topology and the values are those of the widely published schematic of the
"808" kind of overdrive (a 4558 dual op-amp, silicon diodes in the feedback):

  guitar --C1 20n--+--buffer--C2 1u--+---(+)\\ A1 ------+--R7 1k--a--(+)\\ A2 ---- out
                 R2 510k           R5 10k (-)/         |        |   (-)/    |
                                            |          |      C5 220n|      |
                            n---------------+          |      R10 10k|      |
                            |  +- R6 51k + P1 500k -+  |             |      |
                            +--+- C4 51p -----------+--+             +-R11 1k
                            |  +- D1 antiparallel D2+
                          R4 4k7            P2 20k between a and the (-) of A2,
                          C3 47n            its wiper through R8 220 and C6 220n
                            gnd             to ground

  out --C7 1u-- level 100k --C8 100n-- buffer (510k) -- output

Equations (volts, amperes, seconds):
  input      two first-order high-passes: 1/(2 pi R2 C1) = 15.6 Hz, 1/(2 pi R5 C2) = 15.9 Hz
             -> u, the voltage at A1's (+)
  A1         ideal op-amp, so the (-) is at u as well. R4 and C3 carry
             I(s) = U(s) s C3 / (1 + s R4 C3)                      (720 Hz high-pass)
             and the feedback network has to carry the same current; v is the voltage on it:
             C4 dv/dt = i - v / Rf - 2 Is sinh(v / (n Vt)),   Rf = R6 + P1 * taper(drive)
             A1's output is u + v.
  A2         states a (on C5) and q (on C6), wiper w, pot halves Ra (towards a), Rb:
             C5 da/dt = (u + v - a) / R7 - a / R10 - (a - w) / Ra
             C6 dq/dt = (w - q) / R8
             (a - w) (1/Ra + 1/Rb) = (w - q) / R8
             out = a + R11 (a - w) / Rb
  output     two first-order high-passes: C7 into 100k 1.6 Hz, C8 into 510k 3.1 Hz.
             The level pot is replaced by an exact gain in dB.

Solution: u and i and the output coupling are linear and time-invariant: bilinear
one-poles at the oversampled rate. v is stiff (the diodes' slope gives nanoseconds
against steps of 2.6 us, where the trapezoidal rule rings), so it is solved with the
two-step backward differentiation formula (BDF2: second order, L-stable) and
Newton's method from an upper bound, from where it converges monotonically. a and q
by the trapezoidal rule. Both knobs may move: they are held for one frame of the base
rate. Resampling up and down: linear-phase polyphase FIR, delay compensated.

What is left out: the op-amps' gain-bandwidth product, slew rate and rails, noise,
the emitter followers' own distortion, temperature.

Assumptions of ours, not of the schematic: the tapers' curves, the end resistance of the tone
pot, SPICE's usual 1N914 values for the diodes, and the levels: full scale (1.0) at the input stands for 0.3 V, a hard strum of a single-coil pickup.
"""

import os
import sys

import numpy as np
from scipy import signal

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
import filters  # noqa: E402
from filters import one_pole  # noqa: E402

# Component values (ohm, farad).
R2, C1 = 510e3, 20e-9
R5, C2 = 10e3, 1e-6
R4, C3 = 4.7e3, 47e-9
R6, P1, C4 = 51e3, 500e3, 51e-12
R7, C5, R10 = 1e3, 220e-9, 10e3
R8, C6, P2, R11 = 220.0, 220e-9, 20e3, 1e3
C7, R_LEVEL = 1e-6, 100e3
C8, R12 = 100e-9, 510e3
# 1N914 / 1N4148: saturation current (A), emission coefficient times thermal voltage (V).
DIODE_IS = 2.52e-9
DIODE_NVT = 1.752 * 25.85e-3

# Volts at the input for a sample value of 1.
VOLTS_AT_FULL_SCALE = 0.3
# Sample value at the output for one volt at A2's output, so that level 0 dB is about
# unity loudness for a guitar at drive 5, tone 5 (`evaluate.py` measures it).
OUTPUT_PER_VOLT = 0.5

INPUT_POLES_HZ = (1 / (2 * np.pi * R2 * C1), 1 / (2 * np.pi * R5 * C2))
CLIP_POLE_HZ = 1 / (2 * np.pi * R4 * C3)
OUTPUT_POLES_HZ = (1 / (2 * np.pi * R_LEVEL * C7), 1 / (2 * np.pi * R12 * C8))

# exp(2 ln((1-.15)/.15)): an audio taper that stands at 15 % in the middle.
_TAPER = 2 * np.log(0.85 / 0.15)


def audio_taper(x):
    """0..1 -> 0..1, 0.15 at 0.5."""
    return np.expm1(_TAPER * x) / np.expm1(_TAPER)


def feedback_resistance(drive):
    """Rf in ohm for drive 0..10."""
    return R6 + P1 * audio_taper(np.clip(drive, 0, 10) / 10)


def tone_pot(tone):
    """(Ra, Rb) in ohm for tone 0..10; each half of the travel has an audio taper.

    0.2 % of the track stay as end resistance on either side.
    """
    t = np.clip(tone, 0, 10) / 5 - 1
    near = 0.5 * audio_taper(1 - np.abs(t))
    b = np.where(t > 0, near, 1 - near)  # share of the track between wiper and (-)
    b = 0.002 + 0.996 * b
    return P2 * (1 - b), P2 * b


def simulate(x, drive, tone, rate_hz, newton_steps=4):
    """Solves the pedal for a batch of signals at level 0 dB.

    x, drive, tone: [batch, frames] (knobs also [batch, 1] for knobs that stand still).
    Returns (before, after): the signal before and after the output coupling, [batch, frames].
    """
    batch, frames = x.shape
    m = filters.OVERSAMPLING
    fs = rate_hz * m
    h = 1.0 / fs
    up = filters.upsample(np.asarray(x, np.float64) * VOLTS_AT_FULL_SCALE)
    for pole in INPUT_POLES_HZ:
        up = signal.lfilter(*one_pole(pole, fs), up, axis=0)
    u = up
    current = signal.lfilter(*one_pole(CLIP_POLE_HZ, fs), u, axis=0) / R4
    out = np.empty_like(u)

    alpha = 2 * h / (3 * C4)
    k = 2 * alpha * DIODE_IS
    nvt = DIODE_NVT
    moving = drive.shape[1] > 1 or tone.shape[1] > 1
    v1 = np.zeros(batch)
    v2 = np.zeros(batch)
    a = np.zeros(batch)
    q = np.zeros(batch)
    vin1 = np.zeros(batch)
    drive = np.broadcast_to(drive, (batch, drive.shape[1]))
    tone = np.broadcast_to(tone, (batch, tone.shape[1]))
    rhs, bound, e, f, g, t0, vi = (np.empty(batch) for _ in range(7))
    for n in range(frames):
        if n == 0 or moving:
            rf = feedback_resistance(drive[:, min(n, drive.shape[1] - 1)])
            ra, rb = tone_pot(tone[:, min(n, tone.shape[1] - 1)])
            lin = 1 + alpha / rf
            inv_lin = 1 / lin
            # w = wa a + wq q; then d(a, q)/dt = A (a, q) + B (u + v, 0), trapezoidal.
            gp = 1 / ra + 1 / rb
            g8 = 1 / R8
            wa = gp / (gp + g8)
            wq = g8 / (gp + g8)
            a11 = (-1 / R7 - 1 / R10 - (1 - wa) / ra) / C5
            a12 = (wq / ra) / C5
            a21 = wa * g8 / C6
            a22 = (wq - 1) * g8 / C6
            b1 = 1 / (R7 * C5)
            hh = h / 2
            det = (1 - hh * a11) * (1 - hh * a22) - hh * hh * a12 * a21
            i11, i12 = (1 - hh * a22) / det, hh * a12 / det
            i21, i22 = hh * a21 / det, (1 - hh * a11) / det
            m11 = i11 * (1 + hh * a11) + i12 * hh * a21
            m12 = i11 * hh * a12 + i12 * (1 + hh * a22)
            m21 = i21 * (1 + hh * a11) + i22 * hh * a21
            m22 = i21 * hh * a12 + i22 * (1 + hh * a22)
            n1, n2 = i11 * hh * b1, i21 * hh * b1
            oa = 1 + R11 * (1 - wa) / rb
            oq = -R11 * wq / rb
        for s in range(n * m, n * m + m):
            # rhs of v (1 + alpha/Rf) + k sinh(v/nVt) = rhs
            np.multiply(v1, 4.0 / 3.0, out=rhs)
            np.multiply(v2, 1.0 / 3.0, out=t0)
            rhs -= t0
            np.multiply(current[s], alpha, out=t0)
            rhs += t0
            # Upper bound of |v|: the smaller of what the resistor and the diodes alone would give.
            np.abs(rhs, out=t0)
            np.multiply(t0, inv_lin, out=bound)
            t0 *= 1 / k
            np.multiply(t0, t0, out=e)
            e += 1
            np.sqrt(e, out=e)
            e += t0
            np.log(e, out=e)
            e *= nvt
            np.minimum(bound, e, out=bound)
            np.copysign(bound, rhs, out=bound)
            v2, v1, v = v1, v2, bound
            for _ in range(newton_steps):
                np.multiply(v, 1 / nvt, out=e)
                np.exp(e, out=e)
                np.reciprocal(e, out=t0)
                np.subtract(e, t0, out=f)
                np.add(e, t0, out=g)
                f *= 0.5 * k
                g *= 0.5 * k / nvt
                np.multiply(v, lin, out=t0)
                f += t0
                f -= rhs
                g += lin
                f /= g
                v -= f
            v1[:] = v
            np.add(v, u[s], out=vi)
            vin1 += vi  # u + v of the last step and of this one
            a_new = m11 * a
            a_new += m12 * q
            a_new += n1 * vin1
            q *= m22
            q += m21 * a
            q += n2 * vin1
            a = a_new
            vin1[:] = vi
            np.multiply(oa, a, out=out[s])
            out[s] += oq * q
    out *= OUTPUT_PER_VOLT
    after = out
    for pole in OUTPUT_POLES_HZ:
        after = signal.lfilter(*one_pole(pole, fs), after, axis=0)
    return filters.downsample(out, frames), filters.downsample(after, frames)


def _self_test():
    """Whether the number of Newton steps suffices, printed."""
    rate = 48000
    t = np.arange(2400) / rate
    x = np.stack([0.5 * np.sin(2 * np.pi * 220 * t), 0.01 * np.sin(2 * np.pi * 880 * t),
                  np.sin(2 * np.pi * 3000 * t)])
    d = np.array([[5.0], [10.0], [10.0]])
    tone = np.array([[5.0], [0.0], [10.0]])
    y4 = simulate(x, d, tone, rate)[0]
    y8 = simulate(x, d, tone, rate, newton_steps=12)[0]
    print("4 against 12 Newton steps: largest difference %.2e V" % np.abs(y4 - y8).max())


if __name__ == "__main__":
    _self_test()
