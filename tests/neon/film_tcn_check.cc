// SPDX-License-Identifier: Apache-2.0
// The kernels of models with knobs of the baseline against double precision, as kernel_check.cc
// does it for the recurrent ones: networks whose knobs rest, turn and rest again, and diodes.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "daemon/executor/fused/film_tcn_pack.h"
#include "daemon/executor/fused/plan.h"
#include "tests/neon/draw.h"

namespace continuo::executor::fused {

extern const Kernels kKernelsBaseline;

namespace {

constexpr double kTolerance = 1e-6;
constexpr std::uint32_t kFrames = 1500;

using Signals = std::vector<std::vector<float>>;  // [row][frame]

// Where a knob stands; it moves frame by frame in the middle third.
float Turned(std::uint32_t knob, std::uint32_t frame) {
  const std::uint32_t third = kFrames / 3;
  const std::uint32_t moved = frame < third ? 0 : std::min(frame - third, third);
  return -0.8F + 0.003F * static_cast<float>(moved) + 0.1F * static_cast<float>(knob);
}

std::vector<float> Run(const PackedFilmTcn& net, const Signals& features, const Signals& knobs,
                       std::uint32_t block) {
  const FilmTcnPlan& plan = net.plan;
  AlignedFloats memory(net.memory.size());
  std::vector<std::uint32_t> positions(net.layers.size(), 0);
  std::vector<float> out(kFrames), made;  // for which knobs the gains are made
  const auto tile = [&](std::uint32_t first, std::uint32_t frames) {
    const auto put = [&](const Signals& rows, std::size_t at) {
      for (const auto& row : rows) {
        std::copy_n(row.data() + first, frames, memory.data() + at);
        at += kTileFrames;
      }
    };
    put(features, plan.features_at);
    put(knobs, plan.knobs_at);
    std::vector<float> begin, end;
    for (const auto& row : knobs) {
      begin.push_back(row[first]);
      end.push_back(row[first + frames - 1]);
    }
    const bool moves = begin != end;
    const FilmKnobs state = moves           ? FilmKnobs::kMoving
                            : begin == made ? FilmKnobs::kStill
                                            : FilmKnobs::kStopped;
    made = moves ? std::vector<float>() : begin;
    kKernelsBaseline.film_tcn(plan, memory.data(), positions.data(), state, frames);
    std::copy_n(memory.data() + plan.result_at, frames, out.data() + first);
  };
  EachBlock(kFrames, block, [&](std::uint32_t first, std::uint32_t frames) {
    EachBlock(frames, kTileFrames,
              [&](std::uint32_t done, std::uint32_t now) { tile(first + done, now); });
  });
  return out;
}

// The equations of film_tcn_plan.h over the weights as a file has them.
std::vector<double> Reference(const FilmTcnShape& shape, const float* weights,
                              const Signals& features, const Signals& knobs) {
  const std::uint32_t gains = 2 * static_cast<std::uint32_t>(shape.layers.size()) * shape.channels;
  std::vector<const float*> convolutions;
  for (std::size_t l = 0; l < shape.layers.size(); ++l) {
    convolutions.push_back(weights);
    weights += std::size_t{shape.channels} * shape.inputs(l) * shape.layers[l].taps;
  }
  const float* const a = weights + std::size_t{shape.hidden} * shape.knobs;
  const float* const film = a + shape.hidden;
  const float* const film_bias = film + std::size_t{gains} * shape.hidden;
  std::vector<double> y(kFrames);
  std::vector<std::vector<double>> gain(gains, std::vector<double>(kFrames));
  for (std::uint32_t t = 0; t < kFrames; ++t) {
    std::vector<double> m(shape.hidden);
    for (std::uint32_t h = 0; h < shape.hidden; ++h) {
      double sum = a[h];
      for (std::uint32_t k = 0; k < shape.knobs; ++k)
        sum += double{weights[h * shape.knobs + k]} * knobs[k][t];
      m[h] = std::tanh(sum);
    }
    for (std::uint32_t g = 0; g < gains; ++g) {
      gain[g][t] = film_bias[g];
      for (std::uint32_t h = 0; h < shape.hidden; ++h)
        gain[g][t] += double{film[std::size_t{g} * shape.hidden + h]} * m[h];
    }
  }
  std::vector<std::vector<double>> r;
  for (const auto& row : features) r.emplace_back(row.begin(), row.end());
  for (std::uint32_t l = 0; l < shape.layers.size(); ++l) {
    const FilmTcnLayer& layer = shape.layers[l];
    std::vector<std::vector<double>> next(shape.channels, std::vector<double>(kFrames));
    for (std::uint32_t o = 0; o < shape.channels; ++o) {
      const std::uint32_t row = l * shape.channels + o;
      for (std::uint32_t t = 0; t < kFrames; ++t) {
        double sum = 0;
        for (std::uint32_t i = 0; i < r.size(); ++i) {
          const float* const taps = convolutions[l] + (o * r.size() + i) * layer.taps;
          for (std::uint32_t tap = 0; tap < layer.taps; ++tap) {
            const std::uint32_t delay = (layer.taps - 1 - tap) * layer.dilation;
            if (t >= delay) sum += double{taps[tap]} * r[i][t - delay];
          }
        }
        sum *= gain[row][t];
        const double z = layer.linear ? sum : std::tanh(sum);
        y[t] += gain[gains / 2 + row][t] * z;
        next[o][t] = (l == 0 ? 0 : r[o][t]) + z;
      }
    }
    r = std::move(next);
  }
  return y;
}

bool CheckNet(const FilmTcnShape& shape, Draw& draw) {
  const std::vector<float> weights =
      draw(shape.WeightCount(), 1 / std::sqrt(double(shape.channels)));
  Signals features, knobs;
  for (std::uint32_t f = 0; f < shape.features; ++f) features.push_back(draw(kFrames, 0.7));
  for (std::uint32_t k = 0; k < shape.knobs; ++k) {
    knobs.emplace_back(kFrames);
    for (std::uint32_t t = 0; t < kFrames; ++t) knobs[k][t] = Turned(k, t);
  }
  const PackedFilmTcn net = PackFilmTcn(shape, weights.data());
  const std::vector<float> whole = Run(net, features, knobs, kFrames);
  bool alike = true;
  for (const std::uint32_t block : kCuts)
    alike = alike && Run(net, features, knobs, block) == whole;
  const std::vector<double> expected = Reference(shape, weights.data(), features, knobs);
  double largest = 0, peak = 1;
  for (std::uint32_t t = 0; t < kFrames; ++t) {
    largest = std::max(largest, std::abs(expected[t] - whole[t]));
    peak = std::max(peak, std::abs(expected[t]));
  }
  if (largest <= kTolerance * peak && alike) return true;
  std::printf("%u channels, %zu layers: error %.3g of %.3g, expected at most %.0e of it; cuts %s\n",
              shape.channels, shape.layers.size(), largest, peak, kTolerance,
              alike ? "agree" : "differ");
  return false;
}

bool CheckDiodes() {
  constexpr std::uint32_t kRows = 3;
  const DiodeCurve curve = {0.02F, 40.0F, 1e-6F, 0.045F};
  Draw draw;
  std::vector<float> resistance = draw(kTileFrames, 0.9), rows = draw(kRows * kTileFrames, 9.0);
  for (float& r : resistance) r += 1.0F;
  const std::vector<float> currents = rows;
  kKernelsBaseline.diodes(curve, resistance.data(), rows.data(), kRows, kTileFrames, kTileFrames);
  double largest = 0;
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    const double c = currents[i],
                 by_resistor = c * resistance[i % kTileFrames] * double{curve.resistor_gain};
    const double by_diodes =
        std::asinh(std::abs(c) * curve.diode_gain + curve.diode_epsilon) * curve.diode_volts;
    const double expected = by_resistor / std::pow(1 + std::pow(by_resistor / by_diodes, 8), 0.125);
    largest = std::max(largest, std::abs(expected - rows[i]));
  }
  if (largest <= kTolerance) return true;
  std::printf("diodes: error %.3g, expected at most %.0e\n", largest, kTolerance);
  return false;
}

FilmTcnShape ShapeOf(std::uint32_t channels, std::uint32_t hidden, std::uint32_t knobs,
                     std::uint32_t features, std::vector<std::pair<int, int>> layers) {
  FilmTcnShape shape{channels, hidden, knobs, features, {}};
  for (const auto& [taps, dilation] : layers) {
    FilmTcnLayer layer{};
    layer.taps = static_cast<std::uint32_t>(taps);
    layer.dilation = static_cast<std::uint32_t>(dilation);
    layer.linear = shape.layers.size() == 1;
    shape.layers.push_back(layer);
  }
  return shape;
}

int Main() {
  Draw draw;
  bool good = CheckDiodes();
  const FilmTcnShape shapes[] = {
      ShapeOf(4, 4, 1, 1, {{3, 1}}),
      ShapeOf(8, 8, 2, 6, {{10, 1}, {8, 2}, {8, 6}}),
      ShapeOf(12, 16, 2, 6, {{10, 1}, {8, 2}, {8, 6}, {8, 16}, {8, 32}}),
      ShapeOf(20, 12, 3, 2, {{2, 700}, {5, 3}}),
  };
  for (const FilmTcnShape& shape : shapes) good = CheckNet(shape, draw) && good;
  std::printf("%s, %u lanes: diodes and %zu networks with knobs %s\n", kKernelsBaseline.name,
              kKernelsBaseline.lanes, std::size(shapes), good ? "passed" : "done, some failed");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace continuo::executor::fused

int main() { return continuo::executor::fused::Main(); }
