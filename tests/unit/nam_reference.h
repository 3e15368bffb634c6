// SPDX-License-Identifier: Apache-2.0
// .nam models in plain double precision, and random ones to run: what the fused
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

namespace continuo::test {

using nlohmann::json;

inline double Sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

inline double ActivateAs(const std::string& name, double x) {
  if (name == "Tanh") return std::tanh(x);
  if (name == "ReLU") return std::max(x, 0.0);
  if (name == "Hardtanh") return std::clamp(x, -1.0, 1.0);
  if (name == "Sigmoid") return Sigmoid(x);
  return x > 0 ? x : 0.01 * x;  // LeakyReLU
}

// Both run a whole signal from rest, after `warm_up` frames of silence.
inline std::vector<double> WithSilence(const std::vector<float>& in, std::size_t warm_up) {
  std::vector<double> signal(warm_up, 0.0);
  signal.insert(signal.end(), in.begin(), in.end());
  return signal;
}

inline std::vector<double> ReferenceWaveNet(const json& model, const std::vector<float>& in) {
  const auto w = model["weights"].get<std::vector<float>>();
  std::size_t field = 1;
  for (const json& array : model["config"]["layers"]) {
    for (const std::size_t d : array["dilations"]) {
      field += (array["kernel_size"].get<std::size_t>() - 1) * d;
    }
  }
  const auto signal = WithSilence(in, field);
  const std::size_t frames = signal.size();
  using Matrix = std::vector<std::vector<double>>;  // [channel][frame]
  Matrix x = {signal}, head;
  std::size_t at = 0;
  for (const json& array : model["config"]["layers"]) {
    const std::size_t c = array["channels"], taps = array["kernel_size"];
    const bool gated = array["gated"];
    const std::size_t rows = gated ? 2 * c : c;
    const std::string activation = array["activation"];
    Matrix y(c, std::vector<double>(frames));
    for (std::size_t o = 0; o < c; ++o) {
      for (std::size_t i = 0; i < x.size(); ++i, ++at) {
        for (std::size_t t = 0; t < frames; ++t) y[o][t] += double{w[at]} * x[i][t];
      }
    }
    if (head.empty()) head.assign(c, std::vector<double>(frames));
    for (const std::size_t dilation : array["dilations"]) {
      const std::size_t conv = at, bias = conv + rows * c * taps, mix = bias + rows;
      const std::size_t join = mix + rows, join_bias = join + c * c;
      at = join_bias + c;
      for (std::size_t t = frames; t-- > 0;) {  // backwards: the past is still there
        std::vector<double> z(rows), past(c);
        for (std::size_t o = 0; o < rows; ++o) {
          z[o] = w[bias + o] + double{w[mix + o]} * signal[t];
          for (std::size_t i = 0; i < c; ++i) {
            for (std::size_t k = 0; k < taps; ++k) {
              const std::size_t delay = (taps - 1 - k) * dilation;
              if (delay <= t) z[o] += double{w[conv + (o * c + i) * taps + k]} * y[i][t - delay];
            }
          }
        }
        for (std::size_t o = 0; o < c; ++o) {
          z[o] = ActivateAs(activation, z[o]) * (gated ? Sigmoid(z[c + o]) : 1.0);
          head[o][t] += z[o];
        }
        for (std::size_t o = 0; o < c; ++o) {
          double sum = w[join_bias + o];
          for (std::size_t i = 0; i < c; ++i) sum += double{w[join + o * c + i]} * z[i];
          y[o][t] += sum;
        }
      }
    }
    const std::size_t outputs = array["head_size"], bias = at + outputs * c;
    Matrix next(outputs, std::vector<double>(frames));
    for (std::size_t o = 0; o < outputs; ++o) {
      for (std::size_t t = 0; t < frames; ++t) {
        next[o][t] = array["head_bias"] ? double{w[bias + o]} : 0.0;
        for (std::size_t i = 0; i < c; ++i) next[o][t] += double{w[at + o * c + i]} * head[i][t];
      }
    }
    at = bias + (array["head_bias"] ? outputs : 0);
    head = next;
    x = y;
  }
  std::vector<double> out(head[0].end() - static_cast<std::ptrdiff_t>(in.size()), head[0].end());
  for (double& sample : out) sample *= double{w[at]};
  return out;
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

inline std::vector<double> Reference(const json& model, const std::vector<float>& in) {
  return model["architecture"] == "LSTM" ? ReferenceLstm(model, in) : ReferenceWaveNet(model, in);
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
