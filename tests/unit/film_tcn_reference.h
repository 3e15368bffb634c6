// SPDX-License-Identifier: Apache-2.0
// film_tcn and gain_gru files with random weights, and film_tcn in double precision.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace continuo::test {

struct FilmShape {
  std::uint32_t channels, hidden, knobs;
  std::vector<std::uint32_t> taps, dilations;
};

inline std::vector<float> RandomFloats(std::size_t count, float size, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-size, size);
  std::vector<float> floats(count);
  for (float& value : floats) value = uniform(random);
  return floats;
}

// With the plain front; the last layer is linear.
inline nlohmann::json RandomFilmTcn(const FilmShape& shape, std::uint32_t seed) {
  using nlohmann::json;
  json layers = json::array(), knobs = json::array(), parameters = json::array();
  std::size_t weights = shape.hidden * (shape.knobs + 1);
  for (std::size_t l = 0; l < shape.taps.size(); ++l) {
    layers.push_back({{"taps", shape.taps[l]},
                      {"dilation", shape.dilations[l]},
                      {"activation", l + 1 == shape.taps.size() ? "Linear" : "Tanh"}});
    weights += std::size_t{shape.channels} * (l == 0 ? 1 : shape.channels) * shape.taps[l];
    weights += std::size_t{2} * shape.channels * (shape.hidden + 1);
  }
  for (std::uint32_t k = 0; k < shape.knobs; ++k) {
    knobs.push_back({{"minimum", 0}, {"maximum", 10}});
    parameters.push_back("knob" + std::to_string(k));
  }
  parameters.push_back("level");
  const float size = 1.2F / std::sqrt(static_cast<float>(shape.channels));
  return {{"format", "continuo"},
          {"version", 1},
          {"architecture", "film_tcn"},
          {"sample_rate_hz", 48000},
          {"latency_frames", 0},
          {"parameters", parameters},
          {"config",
           {{"front", {{"type", "plain"}}},
            {"knobs", knobs},
            {"level", {{"minimum", -24}, {"maximum", 12}}},
            {"hidden_fours", shape.hidden / 4},
            {"channel_fours", shape.channels / 4},
            {"layers", layers},
            {"output", {{"poles", {0.998, 0.9}}, {"residues", {-0.002, 0.01}}, {"direct", 1.0}}}}},
          {"weights", RandomFloats(weights, size, seed)}};
}

// in[frames], parameters[knobs + 1][frames].
inline std::vector<double> FilmTcnReference(const nlohmann::json& file,
                                            const std::vector<float>& in,
                                            const std::vector<std::vector<float>>& parameters) {
  const auto& config = file["config"];
  const auto weights = file["weights"].get<std::vector<float>>();
  const std::size_t c = 4 * config["channel_fours"].get<std::size_t>();
  const std::size_t h = 4 * config["hidden_fours"].get<std::size_t>();
  const std::size_t knobs = config["knobs"].size(), count = config["layers"].size();
  std::vector<const float*> convs;
  const float* at = weights.data();
  for (std::size_t l = 0; l < count; ++l) {
    convs.push_back(at);
    at += c * (l == 0 ? 1 : c) * config["layers"][l]["taps"].get<std::size_t>();
  }
  const float* const by_knob = at;
  const float* const knob_bias = by_knob + h * knobs;
  const float* const by_hidden = knob_bias + h;
  const float* const gain_bias = by_hidden + 2 * count * c * h;
  std::vector<double> y(in.size(), 0.0);
  std::vector<std::vector<double>> gains(2 * count * c, std::vector<double>(in.size()));
  for (std::size_t n = 0; n < in.size(); ++n) {
    std::vector<double> m(h);
    for (std::size_t i = 0; i < h; ++i) {
      double sum = knob_bias[i];
      for (std::size_t k = 0; k < knobs; ++k) {
        sum += double{by_knob[i * knobs + k]} *
               (std::clamp(double{parameters[k][n]}, 0.0, 10.0) / 5 - 1);
      }
      m[i] = std::tanh(sum);
    }
    for (std::size_t g = 0; g < gains.size(); ++g) {
      gains[g][n] = gain_bias[g];
      for (std::size_t i = 0; i < h; ++i) gains[g][n] += by_hidden[g * h + i] * m[i];
    }
  }
  std::vector<std::vector<double>> r = {{in.begin(), in.end()}};
  for (std::size_t l = 0; l < count; ++l) {
    const auto taps = config["layers"][l]["taps"].get<std::size_t>();
    const auto dilation = config["layers"][l]["dilation"].get<std::size_t>();
    std::vector<std::vector<double>> next(c, std::vector<double>(in.size()));
    for (std::size_t o = 0; o < c; ++o) {
      for (std::size_t n = 0; n < in.size(); ++n) {
        double sum = 0;
        for (std::size_t i = 0; i < r.size(); ++i) {
          for (std::size_t k = 0; k < taps; ++k) {
            const std::size_t back = (taps - 1 - k) * dilation;
            if (n >= back) sum += double{convs[l][(o * r.size() + i) * taps + k]} * r[i][n - back];
          }
        }
        double z = sum * gains[l * c + o][n];
        if (config["layers"][l]["activation"] == "Tanh") z = std::tanh(z);
        y[n] += gains[(count + l) * c + o][n] * z;
        next[o][n] = l == 0 ? z : r[o][n] + z;
      }
    }
    r = std::move(next);
  }
  const auto poles = config["output"]["poles"].get<std::vector<double>>();
  const auto residues = config["output"]["residues"].get<std::vector<double>>();
  std::vector<double> modes(poles.size(), 0.0);
  for (std::size_t n = 0; n < y.size(); ++n) {
    const double x = y[n];
    y[n] = x * config["output"]["direct"].get<double>();
    for (std::size_t m = 0; m < poles.size(); ++m) {
      modes[m] = x + poles[m] * modes[m];
      y[n] += residues[m] * modes[m];
    }
    y[n] *= std::pow(10.0, std::clamp(double{parameters[knobs][n]}, -24.0, 12.0) / 20);
  }
  return y;
}

inline nlohmann::json RandomGainGru(std::uint32_t hidden, std::uint32_t seed) {
  const std::size_t weights = std::size_t{3} * hidden * (hidden + 4) + hidden + 1;
  return {{"format", "continuo"},
          {"version", 1},
          {"architecture", "gain_gru"},
          {"sample_rate_hz", 48000},
          {"latency_frames", 0},
          {"parameters", {"reduction", "limit", "level"}},
          {"config",
           {{"hidden", hidden},
            {"block_frames", 32},
            {"floor", 1e-3},
            {"detector_db_at_0", -10},
            {"detector_db_a_unit", 5},
            {"knob_maximum", 10},
            {"level_minimum", 0},
            {"level_maximum", 36}}},
          {"weights", RandomFloats(weights, 0.5F, seed)}};
}

}  // namespace continuo::test
