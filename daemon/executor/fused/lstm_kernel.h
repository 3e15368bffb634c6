// SPDX-License-Identifier: Apache-2.0
// LSTM for one instruction set; included by level.cc alone.
//
// Units lie in the lanes. A group of units is done from its gates to its hidden
// values before the next begins: the processor then overlaps the long chain of one
// group's activations with the products of the next, and of the next frame.
#pragma once

#include "daemon/executor/fused/simd.h"

namespace continuo::executor::fused {
namespace {

// sums = bias + W · [input, hidden]; kChains partial sums hide the latency of an
// addition where there are few vectors.
template <int kVectors, int kChains>
CONTINUO_INLINE void Gates(Vec (&gates)[kVectors], const float* weights, const float* input,
                           std::uint32_t inputs, const float* hidden, std::uint32_t units) {
  Vec sums[kChains][kVectors] = {};
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) sums[0][v] = Load(weights + v * kLanes);
  weights += kVectors * kLanes;
  for (std::uint32_t i = 0; i < inputs; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[0][v] += input[i] * Load(weights + v * kLanes);
    weights += kVectors * kLanes;
  }
  std::uint32_t i = 0;
  for (; i + kChains <= units; i += kChains) {
#pragma GCC unroll 4
    for (int c = 0; c < kChains; ++c) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        sums[c][v] += hidden[i + c] * Load(weights + (c * kVectors + v) * kLanes);
      }
    }
    weights += kChains * kVectors * kLanes;
  }
  for (; i < units; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[0][v] += hidden[i] * Load(weights + v * kLanes);
    weights += kVectors * kLanes;
  }
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    gates[v] = sums[0][v];
#pragma GCC unroll 4
    for (int c = 1; c < kChains; ++c) gates[v] += sums[c][v];
  }
}

// The lanes from kFirst on, kCount of them, at the front; zeros behind.
template <int kFirst, int kCount>
CONTINUO_INLINE Vec Part(Vec v) {
  typedef std::int32_t Index __attribute__((vector_size(CONTINUO_LANES * 4)));
  Index index;
  for (int i = 0; i < static_cast<int>(kLanes); ++i) {
    index[i] = i < kCount ? kFirst + i : static_cast<int>(kLanes);
  }
  return __builtin_shuffle(v, Vec{}, index);
}

// From tanh of the (halved) gates to the new cell and hidden values.
CONTINUO_INLINE void Remember(Vec i, Vec f, Vec g, Vec o, float* cell, float* hidden) {
  const Vec kept = (f * 0.5F + 0.5F) * Load(cell);
  const Vec now = (i * 0.5F + 0.5F) * g + kept;
  Store(cell, now);
  Store(hidden, (o * 0.5F + 0.5F) * Tanh(now));
}

CONTINUO_INLINE void Step(const LstmLayer& layer, const float* weights, const float* input,
                          const float* hidden, float* cell, float* next) {
  constexpr int kHalf = kLanes / 2, kQuarter = kLanes / 4;
  const std::size_t rows = 1 + std::size_t{layer.inputs} + layer.hidden;
  for (std::uint32_t group = 0; group < layer.groups; ++group) {
    Vec gates[4];
    Gates<4, kLanes == kMaximumLanes ? 4 : 2>(gates, weights, input, layer.inputs, hidden,
                                              layer.hidden);
    Remember(Tanh(gates[0]), Tanh(gates[1]), Tanh(gates[2]), Tanh(gates[3]), cell + group * kLanes,
             next + group * kLanes);
    weights += rows * 4 * kLanes;
  }
  cell += layer.groups * kLanes;
  next += layer.groups * kLanes;
  if (layer.rest_vectors == 2) {
    Vec gates[2];
    Gates<2, 4>(gates, weights, input, layer.inputs, hidden, layer.hidden);
    const Vec a = Tanh(gates[0]), b = Tanh(gates[1]);
    Remember(Part<0, kHalf>(a), Part<kHalf, kHalf>(a), Part<0, kHalf>(b), Part<kHalf, kHalf>(b),
             cell, next);
  } else if (layer.rest_vectors == 1) {
    Vec gates[1];
    Gates<1, 4>(gates, weights, input, layer.inputs, hidden, layer.hidden);
    const Vec a = Tanh(gates[0]);
    Remember(Part<0, kQuarter>(a), Part<kQuarter, kQuarter>(a), Part<2 * kQuarter, kQuarter>(a),
             Part<3 * kQuarter, kQuarter>(a), cell, next);
  }
}

void RunLstm(const LstmPlan& plan, float* memory, std::uint32_t* turn, const float* in, float* out,
             std::uint32_t frames) noexcept {
  const LstmLayer& last = plan.layers[plan.layer_count - 1];
  for (std::uint32_t frame = 0; frame < frames; ++frame) {
    const float* input = in + frame;
    for (std::uint32_t l = 0; l < plan.layer_count; ++l) {
      const LstmLayer& layer = plan.layers[l];
      float* const next = memory + layer.hidden_at[*turn ^ 1U];
      Step(layer, plan.weights + layer.weights_at, input, memory + layer.hidden_at[*turn],
           memory + layer.cell_at, next);
      input = next;
    }
    *turn ^= 1U;
    Vec sum = {};
    for (std::uint32_t i = 0; i < last.hidden; i += kLanes) {
      sum += Load(input + i) * Load(plan.weights + plan.head_at + i);
    }
    out[frame] = Sum(sum) + plan.head_bias;
  }
}

}  // namespace
}  // namespace continuo::executor::fused
