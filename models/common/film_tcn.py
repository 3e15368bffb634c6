# SPDX-License-Identifier: Apache-2.0
"""film_tcn weight files of the fused executor: writing, and a reference in double precision.

docs/model-integration.md describes the file; daemon/executor/fused/film_tcn.cc runs it.
"""

import json

import numpy as np

import filters


def numbers(values):
    """float32 values as JSON numbers that give the same float32 again."""
    return [float("%.9g" % v) for v in np.asarray(values, np.float32).ravel()]


def document(architecture, rate_hz, latency_frames, parameters, config, weights):
    return {"format": "continuo", "version": 1, "architecture": architecture, "sample_rate_hz": rate_hz,
            "latency_frames": latency_frames, "parameters": list(parameters), "config": config,
            "weights": numbers(weights)}


def write(path, doc):
    with open(path, "w") as f:
        json.dump(doc, f, separators=(",", ":"))
        f.write("\n")


def section(sections, pole_hz, rate_hz, gain=1.0):
    """filters.modes as a file has them."""
    poles, direct, residues = filters.modes(sections, pole_hz, rate_hz)
    return {"poles": poles.tolist(), "direct": (direct * gain).tolist(), "residues": (residues * gain).ravel().tolist()}


def phase_taps():
    return numbers(filters.phase_filters()[1:])


def config(front, knobs, level, kernels, dilations, linear, channels, hidden, output):
    """knobs and level: (minimum, maximum); output: section() of one filter."""
    span = lambda r: {"minimum": r[0], "maximum": r[1]}
    return {"front": front, "knobs": [span(k) for k in knobs], "level": span(level),
            "hidden_fours": hidden // 4, "channel_fours": channels // 4,
            "layers": [{"taps": k, "dilation": d, "activation": "Linear" if l in linear else "Tanh"}
                       for l, (k, d) in enumerate(zip(kernels, dilations))],
            "output": dict(output, direct=output["direct"][0])}


def learned(student):
    """The weights of a tcn.Student, in the file's order."""
    s = student
    parts = [w for w in s.convs] + [s.knob_in.weight, s.knob_in.bias, s.gains.weight, s.head.weight,
                                    s.gains.bias, s.head.bias]
    return np.concatenate([p.detach().numpy().ravel() for p in parts])


class Reference:
    """A file's network, output filter and level over whole signals, in float64.

    features(x [T], parameters [P, T]) -> (features [F, T], knobs [K, T]) is the front's.
    """

    def __init__(self, doc, features):
        self.doc, self.features = doc, features

    def run(self, x, parameters):
        return self.network(*self.features(x, parameters), parameters[-1])

    def network(self, r, knobs, level):
        cfg = self.doc["config"]
        w = np.array(self.doc["weights"], np.float32).astype(np.float64)
        c, h, count = 4 * cfg["channel_fours"], 4 * cfg["hidden_fours"], len(cfg["layers"])

        def take(*shape):
            nonlocal w
            n = int(np.prod(shape))
            part, w = w[:n].reshape(shape), w[n:]
            return part

        convs = [take(c, r.shape[0] if l == 0 else c, layer["taps"]) for l, layer in enumerate(cfg["layers"])]
        a, a0 = take(h, len(knobs)), take(h)
        film, film0 = take(2 * count * c, h), take(2 * count * c)
        g = film @ np.tanh(a @ knobs + a0[:, None]) + film0[:, None]
        y = 0
        frames = r.shape[1]
        for l, (layer, conv) in enumerate(zip(cfg["layers"], convs)):
            past = (layer["taps"] - 1) * layer["dilation"]
            padded = np.pad(r, ((0, 0), (past, 0)))
            z = sum(conv[:, :, k] @ padded[:, k * layer["dilation"]:][:, :frames] for k in range(layer["taps"]))
            z = z * g[l * c:(l + 1) * c]
            if layer["activation"] == "Tanh":
                z = np.tanh(z)
            y = y + (g[(count + l) * c:(count + l + 1) * c] * z).sum(0)
            r = z if l == 0 else r + z
        out = cfg["output"]
        level = np.clip(level, cfg["level"]["minimum"], cfg["level"]["maximum"])
        return run_section(out["poles"], [out["direct"]], out["residues"], y)[0] * 10 ** (level / 20)


def run_section(poles, direct, residues, x):
    """y_j = direct_j x + sum_k residue_jk mode_k, mode_k[n] = x[n] + pole_k mode_k[n-1]."""
    from scipy import signal
    modes = [signal.lfilter([1.0], [1.0, -p], x) for p in poles]
    residues = np.reshape(residues, (len(direct), len(poles)))
    return [d * x + sum(q * m for q, m in zip(row, modes)) for d, row in zip(direct, residues)]


def phases_of(taps, c):
    """The newest frame and the three interpolated ones: [4, T]."""
    rows = np.reshape(np.asarray(taps, np.float32).astype(np.float64), (filters.PHASES - 1, 2 * filters.DELAY))
    padded = np.pad(c, (2 * filters.DELAY - 1, 0))
    return np.stack([c] + [np.convolve(padded, t[::-1], "valid") for t in rows])
