# SPDX-License-Identifier: Apache-2.0
"""Files of amplifiers with weights that are drawn."""


def lstm(random, hidden, layers):
    """A .nam file's LSTM, its weights of three digits."""
    count = sum(4 * hidden * ((hidden if i else 1) + hidden + 1) + 2 * hidden
                for i in range(layers)) + hidden + 1
    weights = (random.standard_normal(count) * 0.3 / hidden ** 0.5).round(3).tolist()
    return {"version": "0.5.4", "architecture": "LSTM",
            "config": {"input_size": 1, "hidden_size": hidden, "num_layers": layers},
            "weights": weights, "sample_rate": 48000}
