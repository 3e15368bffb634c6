// SPDX-License-Identifier: Apache-2.0
// NAM's convolutional models in plain double precision: WaveNet in all the forms of
// versions 0.5 to 0.7, ConvNet and Linear. Simple loops over whole signals; no line is
// shared with the kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace continuo::test {

using nlohmann::json;
using Signals = std::vector<std::vector<double>>;  // [channel][frame]

inline double Sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// `activation` as a file has it: a name, or an object with numbers.
inline double ActivateAs(const json& activation, std::size_t row, double x) {
  const std::string name = activation.is_object() ? activation["type"] : activation;
  const auto number = [&](const char* key, double otherwise) {
    return activation.is_object() ? activation.value(key, otherwise) : otherwise;
  };
  if (name == "Tanh") return std::tanh(x);
  if (name == "ReLU") return std::max(x, 0.0);
  if (name == "Hardtanh") return std::clamp(x, -1.0, 1.0);
  if (name == "Sigmoid") return Sigmoid(x);
  if (name == "SiLU") return x * Sigmoid(x);
  if (name == "Hardswish") return x * std::clamp(x + 3.0, 0.0, 6.0) / 6.0;
  if (name == "Softsign") return x / (1.0 + std::abs(x));
  if (name == "Fasttanh") {
    const double a = std::abs(x), u = x * x;
    return x *
           (2.45550750702956 + 2.45550750702956 * a +
            (0.893229853513558 + 0.821226666969744 * a) * u) /
           (2.44506634652299 + (2.44506634652299 + u) * std::abs(x + 0.814642734961073 * x * a));
  }
  if (name == "LeakyHardtanh") {
    const double low = number("min_val", -1), high = number("max_val", 1);
    if (x < low) return (x - low) * number("min_slope", 0.01) + low;
    return x > high ? (x - high) * number("max_slope", 0.01) + high : x;
  }
  double slope = number("negative_slope", 0.01);  // LeakyReLU, PReLU
  if (activation.contains("negative_slopes")) slope = activation["negative_slopes"][row];
  return x > 0 ? x : slope * x;
}

// The weights of a model in their order: replayed, or drawn on the way, so that the
// reference itself says how many a model has.
class WeightTape {
 public:
  explicit WeightTape(std::vector<float> values) : values_(std::move(values)) {}
  explicit WeightTape(std::uint32_t seed) : random_(seed), draws_(true) {}
  double Next(double bound, double middle = 0) {
    if (draws_ && at_ == values_.size()) {
      std::uniform_real_distribution<double> draw(middle - bound, middle + bound);
      values_.push_back(static_cast<float>(draw(random_)));
    }
    return values_.at(at_++);
  }
  [[nodiscard]] const std::vector<float>& values() const { return values_; }

 private:
  std::vector<float> values_;
  std::size_t at_ = 0;
  std::mt19937 random_;
  bool draws_ = false;
};

struct ReferenceConv {
  std::size_t outputs = 0, inputs = 0, taps = 1, dilation = 1;
  std::vector<double> weights, bias;  // [output][input][tap], zeros between groups

  // `middle`: of the first half of the biases (the scales of a modulation).
  void Read(WeightTape& tape, std::size_t groups, bool has_bias, double middle = 0) {
    weights.assign(outputs * inputs * taps, 0.0);
    const std::size_t rows = outputs / groups, columns = inputs / groups;
    const double bound = 1.0 / std::sqrt(static_cast<double>(columns * taps));
    for (std::size_t o = 0; o < outputs; ++o) {
      for (std::size_t i = 0; i < columns; ++i) {
        for (std::size_t k = 0; k < taps; ++k) {
          weights[(o * inputs + o / rows * columns + i) * taps + k] = tape.Next(bound);
        }
      }
    }
    bias.assign(outputs, 0.0);
    for (std::size_t o = 0; has_bias && o < outputs; ++o) {
      bias[o] = tape.Next(bound, middle);
    }
  }
  [[nodiscard]] Signals Run(const Signals& in) const {
    const std::size_t frames = in[0].size();
    Signals out(outputs, std::vector<double>(frames));
    for (std::size_t o = 0; o < outputs; ++o) {
      for (std::size_t t = 0; t < frames; ++t) out[o][t] = bias[o];
      for (std::size_t i = 0; i < inputs; ++i) {
        for (std::size_t k = 0; k < taps; ++k) {
          const double weight = weights[(o * inputs + i) * taps + k];
          const std::size_t delay = (taps - 1 - k) * dilation;
          if (weight == 0) continue;
          for (std::size_t t = delay; t < frames; ++t) out[o][t] += weight * in[i][t - delay];
        }
      }
    }
    return out;
  }
};

inline void AddTo(Signals& sum, const Signals& other) {
  for (std::size_t c = 0; c < sum.size(); ++c) {
    for (std::size_t t = 0; t < sum[c].size(); ++t) sum[c][t] += other[c][t];
  }
}

struct ReferenceFilm {
  bool active = false, shift = true;
  ReferenceConv conv;

  void Read(const json& array, const char* name, std::size_t condition, std::size_t rows,
            WeightTape& tape) {
    if (!array.contains(name) || !array[name].is_object()) return;
    active = array[name].value("active", true);
    shift = array[name].value("shift", true);
    if (!active) return;
    conv = {rows * (shift ? 2 : 1), condition, 1, 1, {}, {}};
    conv.Read(tape, array[name].value("groups", 1U), true, 0.7);
  }
  void Run(Signals& rows, const Signals& condition) const {
    if (!active) return;
    const Signals scales = conv.Run(condition);
    for (std::size_t c = 0; c < rows.size(); ++c) {
      for (std::size_t t = 0; t < rows[c].size(); ++t) {
        rows[c][t] = rows[c][t] * scales[c][t] + (shift ? scales[rows.size() + c][t] : 0.0);
      }
    }
  }
};

inline json OfLayer(const json& array, const char* name, std::size_t l, const json& otherwise) {
  if (!array.contains(name)) return otherwise;
  return array[name].is_array() ? array[name][l] : array[name];
}

// One layer: adds to `head` and gives the next layer's input.
inline Signals ReferenceLayer(const json& array, std::size_t l, const Signals& x,
                              const Signals& condition, WeightTape& tape, Signals& head) {
  const std::size_t c = array["channels"], b = array.value("bottleneck", c), n = condition.size();
  const json mode =
      OfLayer(array, "gating_mode", l, array.value("gated", false) ? json("gated") : json("none"));
  const std::size_t rows = mode == "none" ? b : 2 * b;
  const json join_json = array.value("layer1x1", json::object());
  const json head_json = array.value("head1x1", json::object());
  const bool has_join = join_json.value("active", true),
             has_head = head_json.value("active", false);
  const std::size_t head_rows = head_json.value("out_channels", c);
  ReferenceConv conv = {rows,
                        c,
                        OfLayer(array, "kernel_sizes", l, array.value("kernel_size", json())),
                        array["dilations"][l],
                        {},
                        {}};
  conv.Read(tape, array.value("groups_input", 1U), true);
  ReferenceConv mix = {rows, n, 1, 1, {}, {}}, join = {c, b, 1, 1, {}, {}},
                to_head = {head_rows, b, 1, 1, {}, {}};
  mix.Read(tape, array.value("groups_input_mixin", 1U), false);
  if (has_join) join.Read(tape, join_json.value("groups", 1U), true);
  if (has_head) to_head.Read(tape, head_json.value("groups", 1U), true);
  ReferenceFilm films[8];
  const std::pair<const char*, std::size_t> of[8] = {
      {"conv_pre_film", c},          {"conv_post_film", rows},
      {"input_mixin_pre_film", n},   {"input_mixin_post_film", rows},
      {"activation_pre_film", rows}, {"activation_post_film", b},
      {"layer1x1_post_film", c},     {"head1x1_post_film", head_rows}};
  for (std::size_t f = 0; f < 8; ++f) films[f].Read(array, of[f].first, n, of[f].second, tape);

  Signals modulated = x, mixed = condition;
  films[0].Run(modulated, condition);
  Signals z = conv.Run(modulated);
  films[1].Run(z, condition);
  films[2].Run(mixed, condition);
  mixed = mix.Run(mixed);
  films[3].Run(mixed, condition);
  AddTo(z, mixed);
  films[4].Run(z, condition);
  const json first = OfLayer(array, "activation", l, "Tanh");
  const json second = OfLayer(array, "secondary_activation", l, "Sigmoid");
  for (std::size_t r = 0; r < b; ++r) {
    for (std::size_t t = 0; t < z[r].size(); ++t) {
      const double before = z[r][t], activated = ActivateAs(first, r, before);
      const double a = mode == "none" ? 1.0 : ActivateAs(second, r, z[b + r][t]);
      z[r][t] = mode == "blended" ? a * activated + (1.0 - a) * before : a * activated;
    }
  }
  z.resize(b);
  films[5].Run(z, condition);
  Signals joined = has_join ? join.Run(z) : z;
  films[6].Run(joined, condition);
  AddTo(joined, x);
  if (has_head) z = to_head.Run(z);
  films[7].Run(z, condition);
  AddTo(head, z);
  return joined;
}

inline Signals ReferenceConvolutional(const json& model, const Signals& in, WeightTape& tape);

inline Signals ReferenceWaveNet(const json& config, const Signals& in, WeightTape& tape) {
  Signals condition = in, x = in, head;
  if (config.contains("condition_dsp")) {
    const json& inner = config["condition_dsp"];
    WeightTape inner_tape(inner["weights"].get<std::vector<float>>());
    condition = ReferenceConvolutional(inner, in, inner_tape);
  }
  const std::size_t frames = in[0].size();
  for (const json& array : config["layers"]) {
    ReferenceConv rechannel = {array["channels"], x.size(), 1, 1, {}, {}};
    rechannel.Read(tape, 1, false);
    x = rechannel.Run(x);
    const std::size_t b = array.value("bottleneck", array["channels"].get<std::size_t>());
    const json to_head = array.value("head1x1", json::object());
    const std::size_t rows =
        to_head.value("active", false) ? to_head["out_channels"].get<std::size_t>() : b;
    if (head.empty()) head.assign(rows, std::vector<double>(frames));
    for (std::size_t l = 0; l < array["dilations"].size(); ++l) {
      x = ReferenceLayer(array, l, x, condition, tape, head);
    }
    const json output = array.value("head", json{{"out_channels", array.value("head_size", 0)},
                                                 {"kernel_size", 1},
                                                 {"bias", array.value("head_bias", false)}});
    ReferenceConv conv = {output["out_channels"],
                          rows,
                          output["kernel_size"],
                          output.value("head_dilation", 1U),
                          {},
                          {}};
    conv.Read(tape, 1, output["bias"]);
    head = conv.Run(head);
  }
  std::vector<ReferenceConv> post;
  const json after = config.value("head", json());
  if (after.is_object()) {
    std::vector<std::size_t> sizes = after.value("kernel_sizes", std::vector<std::size_t>());
    if (sizes.empty()) sizes.resize(after["num_layers"], after.value("kernel_size", 1U));
    std::size_t inputs = head.size();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const std::size_t outputs = after[i + 1 == sizes.size() ? "out_channels" : "channels"];
      post.push_back({outputs, inputs, sizes[i], 1, {}, {}});
      post.back().Read(tape, 1, true);
      inputs = outputs;
    }
  }
  const double scale = tape.Next(0.3, 0.5);
  for (auto& row : head) {
    for (double& sample : row) sample *= scale;
  }
  for (const ReferenceConv& conv : post) {
    for (std::size_t r = 0; r < head.size(); ++r) {
      for (double& sample : head[r]) sample = ActivateAs(after["activation"], r, sample);
    }
    head = conv.Run(head);
  }
  return head;
}

inline Signals ReferenceConvNet(const json& config, Signals x, WeightTape& tape) {
  const std::size_t channels = config["channels"];
  for (const std::size_t dilation : config["dilations"]) {
    const bool norm = config["batchnorm"];
    ReferenceConv conv = {channels, x.size(), 2, dilation, {}, {}};
    conv.Read(tape, 1, !norm);
    x = conv.Run(x);
    if (norm) {
      std::vector<double> mean, variance, weight, bias;
      for (auto* list : {&mean, &variance, &weight, &bias}) {
        for (std::size_t c = 0; c < channels; ++c) {
          list->push_back(tape.Next(0.3, list == &variance || list == &weight ? 1.0 : 0.0));
        }
      }
      const double epsilon = tape.Next(0, 1e-5);
      for (std::size_t c = 0; c < channels; ++c) {
        for (double& sample : x[c]) {
          sample = (sample - mean[c]) / std::sqrt(variance[c] + epsilon) * weight[c] + bias[c];
        }
      }
    }
    for (std::size_t c = 0; c < channels; ++c) {
      for (double& sample : x[c]) sample = ActivateAs(config["activation"], c, sample);
    }
  }
  ReferenceConv head = {config.value("out_channels", std::size_t{1}), channels, 1, 1, {}, {}};
  head.Read(tape, 1, true);
  return head.Run(x);
}

inline Signals ReferenceLinear(const json& config, const Signals& in, WeightTape& tape) {
  const std::size_t taps = config["receptive_field"], frames = in[0].size();
  std::vector<double> response;
  for (std::size_t k = 0; k < taps; ++k) {
    const double decay = std::exp(-6.0 * static_cast<double>(k) / static_cast<double>(taps));
    response.push_back(tape.Next(decay * 4 / std::sqrt(static_cast<double>(taps))));
  }
  const double bias = config["bias"] ? tape.Next(0.1) : 0.0;
  Signals out(1, std::vector<double>(frames, bias));
  for (std::size_t t = 0; t < frames; ++t) {
    for (std::size_t k = 0; k < taps && k <= t; ++k) out[0][t] += response[k] * in[0][t - k];
  }
  return out;
}

inline Signals ReferenceConvolutional(const json& model, const Signals& in, WeightTape& tape) {
  if (model["architecture"] == "ConvNet") return ReferenceConvNet(model["config"], in, tape);
  if (model["architecture"] == "Linear") return ReferenceLinear(model["config"], in, tape);
  return ReferenceWaveNet(model["config"], in, tape);
}

// A model of that shape, with random weights that keep the signal's size.
inline json WithRandomWeights(const std::string& architecture, const json& config,
                              std::uint32_t seed, const std::string& version = "0.7.0") {
  json model = {{"version", version},
                {"architecture", architecture},
                {"sample_rate", 48000},
                {"config", config}};
  WeightTape tape(seed);
  ReferenceConvolutional(model, {{0.0}}, tape);
  model["weights"] = tape.values();
  return model;
}

// One with nearly all that versions 0.6 and 0.7 add.
inline json EverythingWaveNet(std::uint32_t seed) {
  json array = {{"input_size", 1}, {"condition_size", 3}, {"channels", 6}, {"bottleneck", 4}};
  array["kernel_sizes"] = {3, 6, 2};
  array["dilations"] = {1, 17, 90};
  array["activation"] = {
      "Softsign", {{"type", "PReLU"}, {"negative_slopes", {0.1, 0.2, 0.3, 0.4}}}, "Hardswish"};
  array["gating_mode"] = {"none", "gated", "blended"};
  array["groups_input"] = 2;
  array["layer1x1"] = {{"active", true}, {"groups", 2}};
  array["head1x1"] = {{"active", true}, {"out_channels", 4}, {"groups", 4}};
  for (const char* film :
       {"conv_pre_film", "conv_post_film", "input_mixin_pre_film", "input_mixin_post_film",
        "activation_pre_film", "activation_post_film", "layer1x1_post_film", "head1x1_post_film"}) {
    array[film] = {{"active", true}, {"shift", true}, {"groups", 1}};
  }
  array["head"] = {{"out_channels", 2}, {"kernel_size", 16}, {"bias", true}};
  const json inner = {{"input_size", 1},  {"condition_size", 1},  {"channels", 3},
                      {"kernel_size", 3}, {"dilations", {1, 40}}, {"activation", "Tanh"},
                      {"head_size", 3}};
  json config = {{"layers", {array}}};
  config["condition_dsp"] = WithRandomWeights("WaveNet", {{"layers", {inner}}}, seed + 1);
  config["head"] = {
      {"channels", 3}, {"out_channels", 1}, {"activation", "SiLU"}, {"kernel_sizes", {2, 3}}};
  return WithRandomWeights("WaveNet", config, seed);
}

}  // namespace continuo::test
