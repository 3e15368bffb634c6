// SPDX-License-Identifier: Apache-2.0
// NAM's LSTM in plain double precision, and random models to run: what the fused
// kernels are measured against. Simple loops over the file as it is; no line of it
// is shared with the kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/wavenet_reference.h"

namespace continuo::test {

// Both run a whole signal from rest, after `warm_up` frames of silence.
inline std::vector<double> WithSilence(const std::vector<float>& in, std::size_t warm_up) {
  std::vector<double> signal(warm_up, 0.0);
  signal.insert(signal.end(), in.begin(), in.end());
  return signal;
}

// After so much silence that more of it would change nothing.
inline std::vector<double> ReferenceConvolutional(const json& model, const std::vector<float>& in,
                                                  std::size_t silence) {
  WeightTape tape(model["weights"].get<std::vector<float>>());
  const Signals out = ReferenceConvolutional(model, {WithSilence(in, silence)}, tape);
  return {out[0].end() - static_cast<std::ptrdiff_t>(in.size()), out[0].end()};
}

inline std::vector<double> ReferenceLstm(const json& model, const std::vector<float>& in) {
  const auto w = model["weights"].get<std::vector<float>>();
  const std::size_t h = model["config"]["hidden_size"], layers = model["config"]["num_layers"];
  const std::size_t warm_up = model.value("sample_rate", 48000U) / 2;
  struct Layer {
    const float *matrix, *bias;
    std::vector<double> hidden, cell;
  };
  std::vector<Layer> net;
  const float* next = w.data();
  for (std::size_t l = 0; l < layers; ++l) {
    const std::size_t inputs = l == 0 ? 1 : h;
    const float* bias = next + 4 * h * (inputs + h);
    const float* rest = bias + 4 * h;
    net.push_back({next, bias, {rest, rest + h}, {rest + h, rest + 2 * h}});
    next = rest + 2 * h;
  }
  std::vector<double> out;
  for (const double sample : WithSilence(in, warm_up)) {
    std::vector<double> x = {sample};
    for (Layer& layer : net) {
      std::vector<double> all = x;
      all.insert(all.end(), layer.hidden.begin(), layer.hidden.end());
      std::vector<double> gates(4 * h);
      for (std::size_t o = 0; o < 4 * h; ++o) {
        gates[o] = layer.bias[o];
        for (std::size_t i = 0; i < all.size(); ++i) {
          gates[o] += double{layer.matrix[o * all.size() + i]} * all[i];
        }
      }
      for (std::size_t u = 0; u < h; ++u) {
        layer.cell[u] =
            Sigmoid(gates[h + u]) * layer.cell[u] + Sigmoid(gates[u]) * std::tanh(gates[2 * h + u]);
        layer.hidden[u] = Sigmoid(gates[3 * h + u]) * std::tanh(layer.cell[u]);
      }
      x = layer.hidden;
    }
    double sum = next[h];
    for (std::size_t i = 0; i < h; ++i) sum += double{next[i]} * x[i];
    out.push_back(sum);
  }
  return {out.end() - static_cast<std::ptrdiff_t>(in.size()), out.end()};
}

inline std::vector<double> Reference(const json& model, const std::vector<float>& in,
                                     std::size_t silence = 4096) {
  return model["architecture"] == "LSTM" ? ReferenceLstm(model, in)
                                         : ReferenceConvolutional(model, in, silence);
}

// --- random models ---------------------------------------------------------------

class RandomWeights {
 public:
  explicit RandomWeights(std::uint32_t seed) : random_(seed) {}
  void Add(std::size_t count, double bound) {
    std::uniform_real_distribution<double> draw(-bound, bound);
    for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<float>(draw(random_)));
  }
  std::vector<float> values;

 private:
  std::mt19937 random_;
};

struct ArrayShape {
  std::size_t channels, head_size, taps;
  std::vector<std::size_t> dilations;
  std::string activation = "Tanh";
  bool gated = false, head_bias = false;
};

// Weights as PyTorch begins with them, so that the signal keeps its size.
inline json RandomWaveNet(const std::vector<ArrayShape>& arrays, std::uint32_t seed) {
  json model = {{"version", "0.5.4"}, {"architecture", "WaveNet"}, {"sample_rate", 48000}};
  RandomWeights weights(seed);
  json layers = json::array();
  std::size_t inputs = 1;
  for (const ArrayShape& a : arrays) {
    const std::size_t c = a.channels, rows = a.gated ? 2 * c : c;
    const auto root = [](std::size_t fan_in) { return 1.0 / std::sqrt(double(fan_in)); };
    layers.push_back({{"input_size", inputs},
                      {"condition_size", 1},
                      {"head_size", a.head_size},
                      {"channels", c},
                      {"kernel_size", a.taps},
                      {"dilations", a.dilations},
                      {"activation", a.activation},
                      {"gated", a.gated},
                      {"head_bias", a.head_bias}});
    weights.Add(c * inputs, root(inputs));
    for (std::size_t l = 0; l < a.dilations.size(); ++l) {
      weights.Add(rows * c * a.taps + rows, root(c * a.taps));
      weights.Add(rows, 1.0);
      weights.Add(c * c + c, root(c));
    }
    weights.Add(a.head_size * c + (a.head_bias ? a.head_size : 0), root(c));
    inputs = c;
  }
  weights.values.push_back(0.3F);
  model["config"] = {{"layers", layers}, {"head", nullptr}, {"head_scale", 0.02}};
  model["weights"] = weights.values;
  return model;
}

inline json RandomLstm(std::size_t hidden, std::size_t layers, std::uint32_t seed) {
  RandomWeights weights(seed);
  const double bound = 1.0 / std::sqrt(double(hidden));
  for (std::size_t l = 0; l < layers; ++l) {
    const std::size_t inputs = l == 0 ? 1 : hidden;
    weights.Add(4 * hidden * (inputs + hidden) + 4 * hidden, l == 0 ? 2 * bound : bound);
    weights.Add(2 * hidden, 0.1);
  }
  weights.Add(hidden + 1, bound);
  return {{"version", "0.5.4"},
          {"architecture", "LSTM"},
          {"sample_rate", 48000},
          {"config", {{"input_size", 1}, {"hidden_size", hidden}, {"num_layers", layers}}},
          {"weights", weights.values}};
}

// NAM's "standard".
inline json RandomStandardWaveNet(std::uint32_t seed) {
  const std::vector<std::size_t> dilations = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
  return RandomWaveNet(
      {{16, 8, 3, dilations, "Tanh", false, false}, {8, 1, 3, dilations, "Tanh", false, true}},
      seed);
}

// A plucked string's worth of everything: decaying partials, then noise.
inline std::vector<float> TestSignal(std::size_t frames, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> noise(-0.5F, 0.5F);
  std::vector<float> signal(frames);
  for (std::size_t t = 0; t < frames; ++t) {
    const double time = double(t) / 48000.0;
    signal[t] = static_cast<float>(0.5 * std::exp(-time * 8.0) * std::sin(time * 2764.6)) +
                0.3F * noise(random);
  }
  return signal;
}

}  // namespace continuo::test
