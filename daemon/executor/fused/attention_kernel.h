// SPDX-License-Identifier: Apache-2.0
// Attention of one row, and what stands around products, for transformer_level.cc alone.
#pragma once

#include "daemon/executor/fused/exp_kernel.h"
#include "daemon/executor/fused/product_kernel.h"

namespace continuo::executor::fused {
namespace {

void RunExp2(const float* in, float* out, std::size_t count) noexcept {
  float lanes[kLanes];
  for (std::size_t i = 0; i < count; i += kLanes) {
    const std::size_t n = Least<std::size_t>(count - i, kLanes);
    for (std::size_t k = 0; k < kLanes; ++k) lanes[k] = k < n ? in[i + k] : 0.0F;
    Store(lanes, Exp2(Load(lanes)));
    for (std::size_t k = 0; k < n; ++k) out[i + k] = lanes[k];
  }
}

// Scores from `first` to `end` become powers of 2 of what they are below the largest; gives
// their sum. `scores` begins at a panel, as `first` and `end` do in it.
CONTINUO_INLINE float SoftMax(float* scores, std::uint32_t first, std::uint32_t end) {
  const std::uint32_t padded = (end + kPanel - 1) / kPanel * kPanel;
  for (std::uint32_t i = 0; i < first; ++i) scores[i] = kNever;
  for (std::uint32_t i = end; i < padded; ++i) scores[i] = kNever;
  return PowersBelowPeak(scores, padded, 1);
}

// Vectors of values, weighted: even cells and odd ones apart, so that one sum need not wait.
constexpr int kMaximumValueVectors = kSums / 2;

template <int kVectors>
void SumValues(const float* weights, const float* values, std::size_t stride, std::uint32_t cells,
               float scale, float* out) noexcept {
  Vec even[kVectors] = {}, odd[kVectors] = {};
  std::uint32_t cell = 0;
  for (; cell + 2 <= cells; cell += 2) {
    const Vec a = All(weights[cell]), b = All(weights[cell + 1]);
    Each<kVectors>([&](auto v) CONTINUO_INLINED {
      even[v] = MulAdd(a, Load(values + v * kLanes), even[v]);
      odd[v] = MulAdd(b, Load(values + stride + v * kLanes), odd[v]);
    });
    values += 2 * stride;
  }
  if (cell < cells) {
    const Vec a = All(weights[cell]);
    Each<kVectors>(
        [&](auto v) CONTINUO_INLINED { even[v] = MulAdd(a, Load(values + v * kLanes), even[v]); });
  }
  Each<kVectors>(
      [&](auto v) CONTINUO_INLINED { Store(out + v * kLanes, (even[v] + odd[v]) * All(scale)); });
}

using SumValuesFunction = void (*)(const float*, const float*, std::size_t, std::uint32_t, float,
                                   float*) noexcept;
struct ValueSums {
  SumValuesFunction at[kMaximumValueVectors] = {};
  constexpr ValueSums() {
    EachOf<kMaximumValueVectors>([&](auto v) { at[v] = SumValues<v + 1>; });
  }
};

void RunAttention(const Attention& attention) noexcept {
  static constexpr ValueSums kValueSums;
  const std::uint32_t size = attention.size;
  const std::uint32_t first_panel = attention.first / kPanel;
  const std::uint32_t first = attention.first % kPanel;
  const std::uint32_t end = attention.end - first_panel * kPanel;
  const std::uint32_t vectors = (size + kLanes - 1) / kLanes;
  for (std::uint32_t head = 0; head < attention.heads; ++head) {
    // The scores are a product of the query with the keys.
    Panels keys;
    keys.inputs = size;
    keys.count = (end + kPanel - 1) / kPanel;
    keys.weights =
        attention.keys + (std::size_t{head} * attention.panels + first_panel) * size * kPanel;
    Product scores;
    scores.in = attention.query + std::size_t{head} * size;
    scores.out = attention.scores;
    scores.rows = 1;
    Multiply<FloatWeights>(keys, scores, scores.in);
    const float sum = SoftMax(attention.scores, first, end);
    const float* values =
        attention.values + (std::size_t{head} * attention.cells + attention.first) * size;
    for (std::uint32_t v = 0; v < vectors; v += kMaximumValueVectors) {
      const std::uint32_t n = Least<std::uint32_t>(kMaximumValueVectors, vectors - v);
      kValueSums.at[n - 1](attention.scores + first, values + v * kLanes, size, end - first,
                           1 / sum, attention.out + std::size_t{head} * size + v * kLanes);
    }
  }
  // What the last head wrote too far.
  const std::size_t width = std::size_t{attention.heads} * size;
  for (std::size_t i = width; i < width + kPanel; ++i) attention.out[i] = 0;
}

void RunNormalise(const float* in, const float* gain, std::uint32_t width, std::size_t stride,
                  std::uint32_t rows, float* out) noexcept {
  for (std::uint32_t row = 0; row < rows; ++row, in += stride, out += stride) {
    Vec squares = {};
    for (std::uint32_t i = 0; i < width; i += kLanes) {
      squares = MulAdd(Load(in + i), Load(in + i), squares);
    }
    const float mean = Sum(squares) / static_cast<float>(width);
    const Vec scale = All(1 / __builtin_sqrtf(mean + 1e-5F));
    for (std::uint32_t i = 0; i < width; i += kLanes) {
      Store(out + i, Load(in + i) * scale * Load(gain + i));
    }
  }
}

}  // namespace
}  // namespace continuo::executor::fused
