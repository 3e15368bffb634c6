// SPDX-License-Identifier: Apache-2.0
// Files of GuitarML with random weights, and what they give in plain double precision:
// simple loops over the file as it is; no line of it is shared with the readers or the
// kernels. keras_reference.h has those of RTNeural.
#pragma once

#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/nam_reference.h"

namespace continuo::test {

using Doubles = std::vector<double>;
using Matrix = std::vector<Doubles>;

// --- random files ----------------------------------------------------------------

class RandomFile {
 public:
  explicit RandomFile(std::uint32_t seed) : random_(seed) {}
  json Numbers(std::size_t count, double bound) {
    std::uniform_real_distribution<double> draw(-bound, bound);
    json list = json::array();
    for (std::size_t i = 0; i < count; ++i) list.push_back(static_cast<float>(draw(random_)));
    return list;
  }
  json Lists(std::size_t rows, std::size_t columns, double bound) {
    json lists = json::array();
    for (std::size_t i = 0; i < rows; ++i) lists.push_back(Numbers(columns, bound));
    return lists;
  }

 private:
  std::mt19937 random_;
};

inline json RandomGuitarMl(const std::string& unit, std::size_t hidden, std::size_t inputs,
                           std::size_t layers, std::uint32_t seed, int skip = 1) {
  RandomFile random(seed);
  const std::size_t rows = (unit == "LSTM" ? 4 : 3) * hidden;
  const double bound = 1.0 / std::sqrt(double(hidden));
  json state;
  for (std::size_t l = 0; l < layers; ++l) {
    const std::string end = "_l" + std::to_string(l);
    state["rec.weight_ih" + end] = random.Lists(rows, l == 0 ? inputs : hidden, 2 * bound);
    state["rec.weight_hh" + end] = random.Lists(rows, hidden, bound);
    state["rec.bias_ih" + end] = random.Numbers(rows, bound);
    state["rec.bias_hh" + end] = random.Numbers(rows, bound);
  }
  state["lin.weight"] = random.Lists(1, hidden, bound);
  state["lin.bias"] = random.Numbers(1, bound);
  return {{"model_data",
           {{"model", "SimpleRNN"},
            {"unit_type", unit},
            {"input_size", inputs},
            {"output_size", 1},
            {"hidden_size", hidden},
            {"num_layers", layers},
            {"skip", skip},
            {"bias_fl", true}}},
          {"state_dict", state}};
}

// --- double precision ------------------------------------------------------------

// rows of the signal and the knobs, [input][frame] → [frame][input], after `warm_up`
// frames of silence.
inline Matrix ByFrame(const std::vector<std::vector<float>>& rows, std::size_t warm_up) {
  Matrix frames(warm_up, Doubles(rows.size()));
  for (std::size_t t = 0; t < rows[0].size(); ++t) {
    Doubles frame;
    for (const auto& row : rows) frame.push_back(row[t]);
    frames.push_back(frame);
  }
  return frames;
}

// Gates of one step: W x + U h + b, with [gates][columns].
inline Doubles Gates(const Matrix& w, const Doubles& x, const Doubles& bias) {
  Doubles sums = bias;
  for (std::size_t r = 0; r < w.size(); ++r) {
    for (std::size_t c = 0; c < x.size(); ++c) sums[r] += w[r][c] * x[c];
  }
  return sums;
}

inline void LstmLayerOver(Matrix& frames, const Matrix& w, const Matrix& u, const Doubles& bias) {
  const std::size_t n = u[0].size();
  Doubles h(n), c(n);
  for (Doubles& x : frames) {
    const Doubles from_input = Gates(w, x, bias), g = Gates(u, h, from_input);
    for (std::size_t k = 0; k < n; ++k) {
      c[k] = Sigmoid(g[n + k]) * c[k] + Sigmoid(g[k]) * std::tanh(g[2 * n + k]);
      h[k] = Sigmoid(g[3 * n + k]) * std::tanh(c[k]);
    }
    x = h;
  }
}

// `reset`, `update`: which third of the rows each is; the last is the new state's.
inline void GruLayerOver(Matrix& frames, const Matrix& w, const Matrix& u, const Doubles& bias,
                         const Doubles& hidden_bias, std::size_t reset, std::size_t update) {
  const std::size_t n = u[0].size();
  Doubles h(n);
  for (Doubles& x : frames) {
    const Doubles a = Gates(w, x, bias), b = Gates(u, h, hidden_bias);
    Doubles next(n);
    for (std::size_t k = 0; k < n; ++k) {
      const double r = Sigmoid(a[reset * n + k] + b[reset * n + k]);
      const double z = Sigmoid(a[update * n + k] + b[update * n + k]);
      next[k] = (1 - z) * std::tanh(a[2 * n + k] + r * b[2 * n + k]) + z * h[k];
    }
    x = h = next;
  }
}

inline Matrix Turned(const Matrix& m) {
  Matrix t(m[0].size(), Doubles(m.size()));
  for (std::size_t r = 0; r < m.size(); ++r) {
    for (std::size_t c = 0; c < m[0].size(); ++c) t[c][r] = m[r][c];
  }
  return t;
}

inline Doubles Sum(Doubles a, const Doubles& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

inline Doubles ReferenceGuitarMl(const json& file, const std::vector<std::vector<float>>& rows,
                                 std::size_t warm_up) {
  const json& data = file["model_data"];
  const json& state = file["state_dict"];
  const Matrix dry = ByFrame(rows, warm_up);
  Matrix frames = dry;
  for (std::size_t l = 0; l < data["num_layers"]; ++l) {
    const std::string end = "_l" + std::to_string(l);
    const auto matrix = [&](const std::string& name) {
      return state["rec." + name + end].get<Matrix>();
    };
    const auto bias = [&](const std::string& name) {
      return state["rec." + name + end].get<Doubles>();
    };
    if (data["unit_type"] == "LSTM") {
      LstmLayerOver(frames, matrix("weight_ih"), matrix("weight_hh"),
                    Sum(bias("bias_ih"), bias("bias_hh")));
    } else {
      GruLayerOver(frames, matrix("weight_ih"), matrix("weight_hh"), bias("bias_ih"),
                   bias("bias_hh"), 0, 1);
    }
  }
  Doubles out;
  for (std::size_t t = warm_up; t < frames.size(); ++t) {
    const double skip = data["skip"] == 1 ? dry[t][0] : 0;
    out.push_back(
        Gates(state["lin.weight"].get<Matrix>(), frames[t], state["lin.bias"].get<Doubles>())[0] +
        skip);
  }
  return out;
}

}  // namespace continuo::test
