// SPDX-License-Identifier: Apache-2.0
// The convolution kernels of the baseline against double precision, as kernel_check.cc does it
// for the recurrent ones: stacks of dilated layers as WaveNets have them, every activation and
// every kind of step, as a file may bring them. The reference works on whole signals, a step
// after the other, and reads the steps and the packed weights by what program.h says of them.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "daemon/executor/fused/placing.h"
#include "daemon/executor/fused/plan.h"
#include "tests/neon/draw.h"

namespace continuo::executor::fused {

extern const Kernels kKernelsBaseline;

namespace {

constexpr double kTolerance = 1e-6;
constexpr std::uint32_t kTaps = 3;
constexpr std::uint32_t kFrames = 1500, kSilence = 1024;  // longer than any receptive field here

struct Shape {
  std::uint32_t channels = 8;
  std::vector<std::uint32_t> dilations;
  Action join = Action::kActivate;
  Activation activation = Activation::kTanh, second = Activation::kSigmoid;
  bool modulated = false;
};

std::uint32_t Fours(std::uint32_t rows) { return (rows + 3) / 4; }

// A stack of layers; lives where it is made, as the program points into it.
class Stack {
 public:
  explicit Stack(const Shape& shape) : shape_(shape) {
    const std::uint32_t channels = shape.channels, last = 4 * Fours(channels);
    const Rows input = Tile(1);
    const Rows x = PlaceSource(scratch_, last);
    const Rows sum = Tile(channels);
    Convolve(1, channels, 1, input, x);
    for (std::size_t i = 0; i < shape.dilations.size(); ++i) {
      const bool paired = shape.join == Action::kGate || shape.join == Action::kBlend;
      const Rows z = Tile(2 * last), joined = Tile(channels);
      ProgramStep& convolution = Convolve(channels, paired ? 2 * last : channels, kTaps, x, z);
      convolution.dilation = shape.dilations[i];
      convolution.past = PlacePast(memory_, rings_, channels, kTaps, shape.dilations[i]);
      convolution.mix_inputs = 1;
      convolution.mix_at = Pack(1, paired ? 2 * last : channels, 1);
      convolution.condition = input;
      // Those up to kLeaky it does itself.
      const bool itself = shape.join == Action::kConvolve;
      if (itself) convolution.activation = With(shape.activation);
      ProgramStep join;
      join.action = itself ? Action::kActivate : shape.join;
      if (!itself) join.activation = With(shape.activation);
      join.second = With(shape.second);
      join.fours = Fours(channels);
      join.source = z;
      join.target = joined;
      join.sum = sum;
      join.begins_sum = i == 0;
      steps_.push_back(join);
      const Rows plain = shape.modulated ? Tile(channels) : x;
      Convolve(channels, channels, 1, joined, plain).before = x;
      if (shape.modulated) Modulate(input, plain, x);
    }
    const Rows out = Tile(1);
    Convolve(channels, 1, 1, sum, out);
    program_.first_past = LinkPasts(steps_);
    program_.steps = steps_.data();
    program_.step_count = static_cast<std::uint32_t>(steps_.size());
    program_.ring_frames = rings_.data();
    program_.ring_count = static_cast<std::uint32_t>(rings_.size());
    program_.input_at = input.at;
    program_.output = out;
    program_.outputs = 1;
    packed_ = AlignedFloats(weights_.size());
    std::copy(weights_.begin(), weights_.end(), packed_.data());
    program_.weights = packed_.data();
  }
  Stack(const Stack&) = delete;

  // From rest, cut into blocks of that length; 0: of lengths by chance.
  std::vector<float> Run(const std::vector<float>& in, std::uint32_t block) const {
    AlignedFloats memory(memory_.size()), scratch(scratch_.size());
    std::vector<std::uint32_t> positions(rings_.size(), 0);
    kKernelsBaseline.settle(program_, scratch.data(), memory.data());
    std::vector<float> out(in.size());
    EachBlock(kFrames, block, [&](std::uint32_t first, std::uint32_t frames) {
      float* const to = out.data() + first;
      // As other streams leave it.
      std::fill_n(scratch.data(), scratch.size(), std::nanf(""));
      kKernelsBaseline.program(program_, scratch.data(), memory.data(), positions.data(),
                               in.data() + first, &to, frames, true);
    });
    return out;
  }
  std::vector<double> Reference(const std::vector<float>& in) const;

 private:
  Rows Tile(std::uint32_t rows) {
    Rows tile;
    tile.at = scratch_.Place(std::size_t{4} * Fours(rows) * kTileFrames);
    return tile;
  }
  std::size_t Numbers(std::size_t count, double bound) {
    const std::size_t at = weights_.size();
    std::uniform_real_distribution<float> draw(static_cast<float>(-bound),
                                               static_cast<float>(bound));
    for (std::size_t i = 0; i < count; ++i) weights_.push_back(draw(random_));
    weights_.resize(RoundUp(weights_.size(), 16));
    return at;
  }
  // Rows that only fill up are zero, as are their inputs' columns.
  std::size_t Pack(std::uint32_t inputs, std::uint32_t outputs, std::uint32_t taps) {
    const std::uint32_t fours = Fours(outputs);
    const std::size_t at =
        Numbers(std::size_t{taps} * fours * inputs * 4, 0.7 / std::sqrt(double(inputs * taps)));
    for (std::uint32_t tap = 0; tap < taps; ++tap) {
      for (std::uint32_t row = outputs; row < fours * 4; ++row) {
        for (std::uint32_t i = 0; i < inputs; ++i)
          weights_[at + ((tap * fours + row / 4) * inputs + i) * 4 + row % 4] = 0;
      }
    }
    return at;
  }
  ActivationAt With(Activation kind) {
    if (kind == Activation::kLeaky) return {kind, Numbers(4 * Fours(shape_.channels), 0.3)};
    if (kind != Activation::kLeakyHardTanh) return {kind, kNowhere};
    const std::size_t at = Numbers(4, 0.1);
    weights_[at] = -0.5F;
    weights_[at + 1] = 0.4F;
    return {kind, at};
  }
  ProgramStep& Convolve(std::uint32_t inputs, std::uint32_t outputs, std::uint32_t taps,
                        const Rows& from, const Rows& to) {
    ProgramStep step;
    step.fours = Fours(outputs);
    step.inputs = inputs;
    step.taps = taps;
    step.weights_at = Pack(inputs, outputs, taps);
    step.bias_at = Numbers(std::size_t{step.fours} * 4, 0.1);
    step.source = from;
    step.target = to;
    return steps_.emplace_back(step);
  }
  void Modulate(const Rows& input, const Rows& source, const Rows& x) {
    const std::uint32_t filled = 4 * Fours(shape_.channels);
    const Rows both = Tile(2 * filled);
    Convolve(1, 2 * filled, 1, input, both);
    ProgramStep step;
    step.action = Action::kModulate;
    step.scales = step.shifts = true;
    step.fours = Fours(shape_.channels);
    step.source = source;
    step.condition = both;
    step.before = x;
    step.target = x;
    steps_.push_back(step);
  }

  const Shape shape_;
  std::mt19937 random_{1};
  std::vector<float> weights_;
  AlignedFloats packed_;
  std::vector<ProgramStep> steps_;
  std::vector<std::uint32_t> rings_;
  Arrangement scratch_, memory_;
  Program program_{};
};

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double Activated(const ActivationAt& of, const std::vector<float>& weights, std::uint32_t row,
                 double x) {
  const auto number = [&](std::size_t i) { return double{weights[of.at + i]}; };
  switch (of.kind) {
    case Activation::kNone:
      return x;
    case Activation::kTanh:
      return std::tanh(x);
    case Activation::kRelu:
      return std::max(x, 0.0);
    case Activation::kLeaky:
      return x > 0 ? x : number(row) * x;
    case Activation::kSigmoid:
      return Sigmoid(x);
    case Activation::kSilu:
      return x * Sigmoid(x);
    case Activation::kHardTanh:
      return std::clamp(x, -1.0, 1.0);
    case Activation::kHardSwish:
      return x * std::clamp(x + 3, 0.0, 6.0) / 6;
    case Activation::kSoftSign:
      return x / (1 + std::abs(x));
    case Activation::kLeakyHardTanh:
      if (x < number(0)) return (x - number(0)) * number(2) + number(0);
      return x > number(1) ? (x - number(1)) * number(3) + number(1) : x;
    case Activation::kFastTanh:
      break;
  }
  const double a = std::abs(x), u = x * x;
  return x *
         (2.45550750702956 + 2.45550750702956 * a +
          (0.893229853513558 + 0.821226666969744 * a) * u) /
         (2.44506634652299 + (2.44506634652299 + u) * std::abs(x + 0.814642734961073 * x * a));
}

// After silence that is longer than anything is remembered.
std::vector<double> Stack::Reference(const std::vector<float>& in) const {
  using Signals = std::vector<std::vector<double>>;  // [row][frame]
  const std::size_t frames = kSilence + in.size();
  std::map<std::size_t, Signals> rows;  // by Rows::at
  const auto of = [&](const Rows& named, std::size_t count) -> Signals& {
    Signals& signals = rows[named.at];
    if (signals.size() < count) signals.resize(count, std::vector<double>(frames, 0.0));
    return signals;
  };
  Signals& input = of({program_.input_at}, 1);
  std::copy(in.begin(), in.end(), input[0].begin() + kSilence);
  for (const ProgramStep& step : steps_) {
    const std::uint32_t count = step.fours * 4;
    const std::uint32_t sources = step.action == Action::kConvolve ? step.inputs : 2 * count;
    const Signals source = of(step.source, sources);
    const Signals condition = of(step.condition, std::max(step.mix_inputs, 2 * count));
    const Signals before = of(step.before, count);
    Signals result(count, std::vector<double>(frames, 0.0));
    for (std::uint32_t row = 0; row < count; ++row) {
      for (std::size_t t = 0; t < frames; ++t) {
        double x = step.before.at == kNowhere ? 0 : before[row][t];
        if (step.action == Action::kConvolve) {
          const auto times = [&](std::size_t at, std::uint32_t inputs, const Signals& from,
                                 std::size_t delay) {
            for (std::uint32_t i = 0; i < inputs && t >= delay; ++i)
              x += double{weights_[at + (row / 4 * inputs + i) * 4 + row % 4]} * from[i][t - delay];
          };
          x += weights_[step.bias_at + row];
          if (step.mix_at != kNowhere) times(step.mix_at, step.mix_inputs, condition, 0);
          for (std::uint32_t tap = 0; tap < step.taps; ++tap)
            times(step.weights_at + std::size_t{tap} * step.fours * step.inputs * 4, step.inputs,
                  source, std::size_t{step.taps - 1 - tap} * step.dilation);
          x = Activated(step.activation, weights_, row, x);
        } else if (step.action == Action::kModulate) {
          x += source[row][t] * condition[row][t] + condition[count + row][t];
        } else {
          const double plain = source[row][t];
          x = Activated(step.activation, weights_, row, plain);
          if (step.action != Action::kActivate) {
            const double a = Activated(step.second, weights_, row, source[count + row][t]);
            x = step.action == Action::kGate ? a * x : a * x + (1 - a) * plain;
          }
        }
        result[row][t] = x;
      }
    }
    if (step.sum.at != kNowhere) {
      Signals& sum = of(step.sum, count);
      for (std::uint32_t row = 0; row < count; ++row) {
        for (std::size_t t = 0; t < frames; ++t)
          sum[row][t] = result[row][t] + (step.begins_sum ? 0.0 : sum[row][t]);
      }
    }
    if (step.target.at != kNowhere) of(step.target, count) = result;
  }
  const std::vector<double>& out = of(program_.output, 1)[0];
  return {out.begin() + kSilence, out.end()};
}

bool Check(const Shape& shape, const std::string& what) {
  const Stack stack(shape);
  const std::vector<float> in = Draw()(kFrames, 0.7);
  const std::vector<float> whole = stack.Run(in, kFrames);
  bool alike = true;
  for (const std::uint32_t block : kCuts) alike = alike && stack.Run(in, block) == whole;
  const std::vector<double> expected = stack.Reference(in);
  double largest = 0;
  for (std::uint32_t t = 0; t < kFrames; ++t)
    largest = std::max(largest, std::abs(expected[t] - whole[t]));
  if (largest <= kTolerance && alike) return true;
  std::printf("%s: error %.3g, expected at most %.0e; cuts %s\n", what.c_str(), largest, kTolerance,
              alike ? "agree" : "differ");
  return false;
}

int Main() {
  bool good = true;
  int checks = 0;
  const auto check = [&](const Shape& shape, const std::string& what) {
    ++checks;
    good = Check(shape, what) && good;
  };
  // Pasts that lie before the tile, at its length, and in rings of little and much.
  for (const std::uint32_t channels : {1, 2, 3, 4, 5, 8, 11, 16}) {
    const std::string what = std::to_string(channels) + " channels";
    check({channels, {1, 2, 31, 32, 33, 128, 1}, Action::kConvolve}, what);
    check({channels, {1, 100, 7}, Action::kGate}, what + ", gated");
    check({channels, {1, 40, 7}, Action::kBlend, Activation::kSoftSign}, what + ", blended");
    check({channels, {1, 64, 3}, Action::kActivate, Activation::kTanh, Activation::kNone, true},
          what + ", modulated");
  }
  for (int kind = 0; kind <= static_cast<int>(Activation::kFastTanh); ++kind) {
    const auto activation = static_cast<Activation>(kind);
    const std::string what = "activation " + std::to_string(kind);
    check({6, {1, 5, 36}, Action::kActivate, activation}, what);
    if (activation <= Activation::kLeaky)
      check({6, {1, 5, 36}, Action::kConvolve, activation}, what);
  }
  std::printf("%s, %u lanes: %d stacks of convolutions %s\n", kKernelsBaseline.name,
              kKernelsBaseline.lanes, checks, good ? "passed" : "done, some failed");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace continuo::executor::fused

int main() { return continuo::executor::fused::Main(); }
