// SPDX-License-Identifier: Apache-2.0
// Files of RTNeural with random weights, and what they give in plain double precision, as
// recurrent_reference.h has it for those of GuitarML.
#pragma once

#include "tests/unit/recurrent_reference.h"

namespace continuo::test {

// --- random files ----------------------------------------------------------------

struct KerasLayer {
  std::string type;
  std::size_t outputs;
  std::string activation;
  std::size_t taps = 1, dilation = 1, groups = 1;  // of conv1d
  bool whole = true;  // dense: with a bias; batchnorm: affine; prelu: a slope for each
};

inline json RandomNumbersAbove(RandomFile& random, std::size_t count, double least) {
  json list = random.Numbers(count, 0.4);
  for (json& number : list) number = static_cast<float>(least + 0.4 + number.get<double>());
  return list;
}

inline json KerasWeights(const KerasLayer& layer, std::size_t in, RandomFile& random) {
  const std::size_t n = layer.outputs;
  if (layer.type == "dense") {
    const double bound = 1.0 / std::sqrt(double(in));
    json weights = json::array({random.Lists(in, n, bound)});
    if (layer.whole) weights.push_back(random.Numbers(n, bound));
    return weights;
  }
  if (layer.type == "conv1d") {
    const std::size_t heard = in / layer.groups;
    const double bound = 1.0 / std::sqrt(double(heard * layer.taps));
    json kernel = json::array();
    for (std::size_t k = 0; k < layer.taps; ++k) kernel.push_back(random.Lists(heard, n, bound));
    return {kernel, random.Numbers(n, bound)};
  }
  if (layer.type == "batchnorm") {
    json weights = json::array();
    if (layer.whole) weights = {RandomNumbersAbove(random, n, 0.6), random.Numbers(n, 0.3)};
    weights.push_back(random.Numbers(n, 0.3));
    weights.push_back(RandomNumbersAbove(random, n, 0.5));
    return weights;
  }
  if (layer.type == "prelu") return json::array({random.Lists(1, layer.whole ? n : 1, 0.6)});
  if (layer.type == "activation") return json::array();
  const double bound = 1.0 / std::sqrt(double(n));
  if (layer.type == "lstm") {
    return {random.Lists(in, 4 * n, 2 * bound), random.Lists(n, 4 * n, bound),
            random.Numbers(4 * n, bound)};
  }
  return {random.Lists(in, 3 * n, 2 * bound), random.Lists(n, 3 * n, bound),
          random.Lists(2, 3 * n, bound)};
}

inline json RandomKeras(const std::vector<KerasLayer>& shape, std::size_t inputs,
                        std::uint32_t seed) {
  RandomFile random(seed);
  json layers = json::array();
  std::size_t in = inputs;
  for (const KerasLayer& layer : shape) {
    json written = {{"type", layer.type},
                    {"activation", layer.activation},
                    {"shape", {nullptr, nullptr, layer.outputs}},
                    {"weights", KerasWeights(layer, in, random)}};
    if (layer.type == "conv1d") {
      written["kernel_size"] = json::array({layer.taps});
      written["dilation"] = json::array({layer.dilation});
      if (layer.groups != 1) written["groups"] = layer.groups;
    }
    if (layer.type == "batchnorm") written["epsilon"] = 0.01;
    layers.push_back(written);
    in = layer.outputs;
  }
  return {{"in_shape", {nullptr, nullptr, inputs}}, {"layers", layers}};
}

inline json RandomCell(const std::string& type, std::size_t hidden, std::uint32_t seed,
                       std::size_t inputs = 1) {
  return RandomKeras({{type, hidden, ""}, {"dense", 1, ""}}, inputs, seed);
}

// How far back the convolutions of a file see, all together.
inline std::size_t PastOf(const json& file) {
  std::size_t frames = 0;
  for (const json& layer : file["layers"]) {
    if (layer["type"] != "conv1d") continue;
    frames +=
        (layer["kernel_size"][0].get<std::size_t>() - 1) * layer["dilation"][0].get<std::size_t>();
  }
  return frames;
}

inline bool HasCell(const json& file) {
  for (const json& layer : file["layers"]) {
    if (layer["type"] == "lstm" || layer["type"] == "gru") return true;
  }
  return false;
}

// --- double precision ------------------------------------------------------------

inline void ActivateOver(Matrix& frames, const std::string& activation) {
  for (Doubles& frame : frames) {
    double powers = 0;
    for (double& y : frame) {
      if (activation == "tanh") y = std::tanh(y);
      if (activation == "relu") y = std::max(y, 0.0);
      if (activation == "sigmoid") y = Sigmoid(y);
      if (activation == "elu") y = y > 0 ? y : std::expm1(y);
      if (activation == "softmax") powers += std::exp(y);
    }
    if (activation != "softmax") continue;
    for (double& y : frame) y = std::exp(y) / powers;
  }
}

inline void DenseOver(Matrix& frames, const json& weights) {
  const Matrix w = Turned(weights[0].get<Matrix>());
  const auto bias = weights.size() > 1 ? weights[1].get<Doubles>() : Doubles(w.size());
  for (Doubles& frame : frames) frame = Gates(w, frame, bias);
}

// Before the first frame there was nothing, not what silence gives.
inline void ConvolveOver(Matrix& frames, const json& layer) {
  const auto kernel = layer["weights"][0].get<std::vector<Matrix>>();  // [tap][input][output]
  const auto bias = layer["weights"][1].get<Doubles>();
  const std::size_t dilation = layer["dilation"][0], groups = layer.value("groups", 1);
  const std::size_t heard = kernel[0].size(), group_outputs = bias.size() / groups;
  const Matrix in = frames;
  for (std::size_t t = 0; t < in.size(); ++t) {
    frames[t] = bias;
    for (std::size_t k = 0; k < kernel.size(); ++k) {
      const std::size_t back = (kernel.size() - 1 - k) * dilation;
      if (back > t) continue;
      for (std::size_t o = 0; o < bias.size(); ++o) {
        for (std::size_t i = 0; i < heard; ++i) {
          frames[t][o] += kernel[k][i][o] * in[t - back][o / group_outputs * heard + i];
        }
      }
    }
  }
}

inline void NormaliseOver(Matrix& frames, const json& layer) {
  const auto rows = layer["weights"].get<Matrix>();
  const bool affine = rows.size() == 4;
  const Doubles &mean = rows[affine ? 2 : 0], &variance = rows[affine ? 3 : 1];
  for (Doubles& frame : frames) {
    for (std::size_t c = 0; c < frame.size(); ++c) {
      frame[c] = (frame[c] - mean[c]) / std::sqrt(variance[c] + layer["epsilon"].get<double>());
      if (affine) frame[c] = rows[0][c] * frame[c] + rows[1][c];
    }
  }
}

inline void BendOver(Matrix& frames, const Doubles& slopes) {
  for (Doubles& frame : frames) {
    for (std::size_t c = 0; c < frame.size(); ++c) {
      if (frame[c] < 0) frame[c] *= slopes[slopes.size() == 1 ? 0 : c];
    }
  }
}

inline void KerasLayerOver(Matrix& frames, const json& layer) {
  const std::string type = layer["type"];
  const json& weights = layer["weights"];
  if (type == "lstm") {
    LstmLayerOver(frames, Turned(weights[0].get<Matrix>()), Turned(weights[1].get<Matrix>()),
                  weights[2].get<Doubles>());
    return;
  }
  if (type == "gru") {
    GruLayerOver(frames, Turned(weights[0].get<Matrix>()), Turned(weights[1].get<Matrix>()),
                 weights[2][0].get<Doubles>(), weights[2][1].get<Doubles>(), 1, 0);
    return;
  }
  if (type == "dense") DenseOver(frames, weights);
  if (type == "conv1d") ConvolveOver(frames, layer);
  if (type == "batchnorm") NormaliseOver(frames, layer);
  if (type == "prelu") BendOver(frames, weights[0][0].get<Doubles>());
  ActivateOver(frames, layer["activation"]);
}

inline Doubles ReferenceKeras(const json& file, const std::vector<std::vector<float>>& rows,
                              std::size_t warm_up) {
  const double in_gain = std::pow(10.0, file.value("in_gain", 0.0) / 20);
  const double out_gain = std::pow(10.0, file.value("out_gain", 0.0) / 20);
  Matrix frames = ByFrame(rows, warm_up);
  for (Doubles& frame : frames) frame[0] *= in_gain;
  const Matrix dry = frames;
  for (const json& layer : file["layers"]) KerasLayerOver(frames, layer);
  Doubles out;
  for (std::size_t t = warm_up; t < frames.size(); ++t) {
    const double skip = file.value("in_skip", 0) == 1 ? dry[t][0] : 0;
    out.push_back((frames[t][0] + skip) * out_gain);
  }
  return out;
}

}  // namespace continuo::test
