// SPDX-License-Identifier: Apache-2.0
// A convolution step for one instruction set; included by level.cc alone.
//
// Frames lie in the lanes. A block of kFours × 4 output rows by kVectors vectors of
// frames stays in registers from the bias to the activation.
#pragma once

#include "daemon/executor/fused/activation_kernel.h"
#include "daemon/executor/fused/rows_kernel.h"

namespace continuo::executor::fused {
namespace {

// The blocks, by the registers there are: sums, inputs and a weight are 19 to 21 of 32,
// or 16 of 16. Eight rows by two vectors need more loads a product than four by four.
#if CONTINUO_LANES == 16
constexpr int kWideVectors = 4;
constexpr int kFoursOfTwo = 2, kFoursOfOne = 4;
#else
constexpr int kWideVectors = 3;
constexpr int kFoursOfTwo = 1, kFoursOfOne = 2;
#endif

template <int kFours, int kVectors>
using Sums = Vec[kFours * 4][kVectors];

// body(o, v) for each output row and vector.
template <int kFours, int kVectors, typename Body>
CONTINUO_INLINE void EachSum(const Body& body) {
  Each<kFours * 4>([&](auto o) CONTINUO_INLINED {
    Each<kVectors>([&](auto v) CONTINUO_INLINED { body(o, v); });
  });
}

// sums += W · rows; beside(i) with each of these.
template <int kFours, int kVectors, typename Beside>
CONTINUO_INLINE void Multiply(Sums<kFours, kVectors>& sums, const float* weights,
                              std::size_t four_stride, const float* rows, std::size_t stride,
                              std::uint32_t count, const Beside& beside) {
#pragma GCC unroll 4
  for (std::uint32_t i = 0; i < count; ++i) {
    beside(i);
    Vec x[kVectors];
    Each<kVectors>([&](auto v) CONTINUO_INLINED { x[v] = Load(rows + v * kLanes); });
    Each<kFours * 4>([&](auto o) CONTINUO_INLINED {
      const float weight = weights[static_cast<std::size_t>(o / 4) * four_stride + o % 4];
      Each<kVectors>([&](auto v) CONTINUO_INLINED { sums[o][v] += weight * x[v]; });
    });
    weights += 4;
    rows += stride;
  }
}

struct Convolution {
  const Tile& tile;
  const ProgramStep& step;
  const float* const bias;
  const float* const mix;
  const float* const condition;
  const float* const before;
  const float* const source;
  float* const target;
  float* const sum;

  Convolution(const Tile& in, const ProgramStep& of)
      : tile(in),
        step(of),
        bias(in.Weights(of.bias_at)),
        mix(in.Weights(of.mix_at)),
        condition(in.At(of.condition)),
        before(in.At(of.before)),
        source(in.At(of.source)),
        target(in.At(of.target)),
        sum(in.At(of.sum)) {}

  // What to bring into the cache with a tap of kFours × 4 outputs, row 0 of it; nullptr: nothing,
  // as it has been with the tile's first frames.
  template <int kFours>
  CONTINUO_INLINE const float* Ahead(std::uint32_t four, std::uint32_t frame,
                                     std::uint32_t tap) const {
    if (!tile.fetches || step.fetched == 0 || frame != 0) return nullptr;
    return tile.Line(tile.program.steps[step.fetched],
                     (step.fetched_line + four * step.taps) / kFours + tap);
  }

  template <int kFours, int kVectors>
  CONTINUO_INLINE void Block(std::uint32_t four, std::uint32_t frame) const {
    const std::uint32_t row = four * 4;
    const auto nothing = [](std::uint32_t) CONTINUO_INLINED {};
    const std::size_t ahead_stride = tile.program.steps[step.fetched].past.stride;
    Sums<kFours, kVectors> sums;
    EachSum<kFours, kVectors>([&](auto o, auto v)
                                  CONTINUO_INLINED { sums[o][v] = All(bias[row + o]); });
    if (before != nullptr) {
      const float* const rows = before + row * step.before.stride + frame;
      EachSum<kFours, kVectors>([&](auto o, auto v) CONTINUO_INLINED {
        sums[o][v] += Load(rows + o * step.before.stride + v * kLanes);
      });
    }
    if (mix != nullptr) {
      const std::size_t four_stride = std::size_t{step.mix_inputs} * 4;
      Multiply<kFours, kVectors>(sums, mix + four * four_stride, four_stride, condition + frame,
                                 step.condition.stride, step.mix_inputs, nothing);
    }
    const std::size_t four_stride = std::size_t{step.inputs} * 4;
    const float* weights = tile.program.weights + step.weights_at + four * four_stride;
    for (std::uint32_t tap = 0; tap < step.taps; ++tap) {
      const std::uint32_t delay = (step.taps - 1 - tap) * step.dilation;
      const bool is_near = delay <= step.past.near;
      const float* const rows = (is_near ? source - delay : tile.At(step.past, delay)) + frame;
      const std::size_t stride = is_near ? step.source.stride : step.past.stride;
      const float* const ahead = Ahead<kFours>(four, frame, tap);
      if (ahead == nullptr) {
        Multiply<kFours, kVectors>(sums, weights, four_stride, rows, stride, step.inputs, nothing);
      } else {
        // One line at a time: a burst of them would be waited for.
        Multiply<kFours, kVectors>(sums, weights, four_stride, rows, stride, step.inputs,
                                   [&](std::uint32_t i) CONTINUO_INLINED {
                                     __builtin_prefetch(ahead + i * ahead_stride);
                                   });
      }
      weights += step.fours * four_stride;
    }
    const float* const numbers = step.activation.kind == Activation::kLeaky
                                     ? tile.program.weights + step.activation.at + row
                                     : nullptr;
    const auto activate = [&]<Activation kKind>() CONTINUO_INLINED {
      EachSum<kFours, kVectors>([&](auto o, auto v) CONTINUO_INLINED {
        sums[o][v] = Activated<kKind>(sums[o][v], numbers + o);
      });
    };
    switch (step.activation.kind) {
      case Activation::kTanh:
        activate.template operator()<Activation::kTanh>();
        break;
      case Activation::kRelu:
        activate.template operator()<Activation::kRelu>();
        break;
      case Activation::kLeaky:
        activate.template operator()<Activation::kLeaky>();
        break;
      default:
        break;
    }
    if (target != nullptr) {
      float* const to = target + row * step.target.stride + frame;
      EachSum<kFours, kVectors>([&](auto o, auto v) CONTINUO_INLINED {
        Store(to + o * step.target.stride + v * kLanes, sums[o][v]);
      });
    }
    if (sum == nullptr) return;
    float* const rows = sum + row * step.sum.stride + frame;
    EachSum<kFours, kVectors>([&](auto o, auto v) CONTINUO_INLINED {
      float* const to = rows + o * step.sum.stride + v * kLanes;
      Store(to, step.begins_sum ? sums[o][v] : Load(to) + sums[o][v]);
    });
  }

  // All rows of a span, kFours at a time.
  template <int kFours, int kVectors>
  CONTINUO_INLINE void Span(std::uint32_t frame) const {
    std::uint32_t four = 0;
    for (; four + kFours <= step.fours; four += kFours) Block<kFours, kVectors>(four, frame);
    if constexpr (kFours > 1) {
      for (; four < step.fours; ++four) Block<1, kVectors>(four, frame);
    }
  }

  void Run() const {
    std::uint32_t v = 0;
    for (; v + kWideVectors <= tile.vectors; v += kWideVectors) Span<1, kWideVectors>(v * kLanes);
    for (; v + 2 <= tile.vectors; v += 2) Span<kFoursOfTwo, 2>(v * kLanes);
    for (; v < tile.vectors; ++v) Span<kFoursOfOne, 1>(v * kLanes);
    if (step.past.at == kNowhere) return;
    Remember(tile, step);
    if (step.next_past != 0) Recall(tile, tile.program.steps[step.next_past]);
  }
};

}  // namespace
}  // namespace continuo::executor::fused
