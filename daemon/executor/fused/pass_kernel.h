// SPDX-License-Identifier: Apache-2.0
// The sums of a layer, a pass of them at a time, for level.cc alone: plan.h says how the
// weights lie.
#pragma once

#include "daemon/executor/fused/pairs_kernel.h"
#include "daemon/executor/fused/simd.h"

namespace continuo::executor::fused {
namespace {

// What a layer needs of a state.
struct RecurrentRows {
  const float* input;
  const float* hidden;
  float* cell;
  float* next;
  const float* pairs;  // int16 alone
  std::int16_t* next_pairs;
};

// The sums of a pass: kGroups whole groups of four vectors, and kRest vectors.
template <LayerKind kKind, int kGroups, int kRest>
struct Pass {
  static constexpr int kSums = kGroups * 4 + kRest;
  static constexpr int kRowVectors = kGroups * (kKind == LayerKind::kGru ? 3 : 4) + kRest;
  // Partial sums of each, to hide the latency of an addition where there are few.
  static constexpr int kChains = kSums >= 8 ? 1 : kSums > (kLanes == 16 ? 4 : 3) ? 2 : 4;
  Vec sums[kChains][kSums];

  // Which sum the vector `v` of a row belongs to.
  static constexpr int SumOf(int v, bool hidden) {
    if (kKind != LayerKind::kGru) return v;
    if (v >= kGroups * 3) return v + kGroups;
    return v / 3 * 4 + (hidden && v % 3 == 2 ? 3 : v % 3);
  }

  CONTINUO_INLINE void Bias(const float*& weights) {
#pragma GCC unroll 16
    for (int v = 0; v < kSums; ++v) sums[0][v] = Load(weights + v * kLanes);
#pragma GCC unroll 4
    for (int c = 1; c < kChains; ++c) {
#pragma GCC unroll 16
      for (int v = 0; v < kSums; ++v) sums[c][v] = Vec{};
    }
    weights += kSums * kLanes;
  }

  template <bool kHidden>
  CONTINUO_INLINE void AddRow(const float* weights, Vec value, int chain) {
#pragma GCC unroll 16
    for (int v = 0; v < kRowVectors; ++v) {
      Vec& sum = sums[chain][SumOf(v, kHidden)];
      sum = MulAdd(value, Load(weights + v * kLanes), sum);
    }
  }

  template <bool kHidden>
  CONTINUO_INLINE void AddRows(const float*& weights, const float* values, std::uint32_t count) {
    constexpr int kStride = kRowVectors * static_cast<int>(kLanes);
    std::uint32_t i = 0;
    for (; i + 4 <= count; i += 4) {
      const Vec four = RepeatFour(values + i);
      AddRow<kHidden>(weights, OneOfFour<0>(four), 0);
      AddRow<kHidden>(weights + kStride, OneOfFour<1>(four), 1 % kChains);
      AddRow<kHidden>(weights + 2 * kStride, OneOfFour<2>(four), 2 % kChains);
      AddRow<kHidden>(weights + 3 * kStride, OneOfFour<3>(four), 3 % kChains);
      weights += 4 * kStride;
    }
    for (; i < count; ++i, weights += kStride) AddRow<kHidden>(weights, All(values[i]), 0);
  }

  // The rows of the hidden values as pairs of 16 bits.
  CONTINUO_INLINE void AddPairs(const float*& weights, const float* pairs, std::uint32_t count) {
    constexpr int kStride = kRowVectors * static_cast<int>(kLanes);
    const float* const factors = weights;
    weights += kStride;
    Ints whole[kRowVectors] = {};
    for (std::uint32_t i = 0; i < count; i += 4, weights += 4 * kStride) {
      const Vec four = RepeatFour(pairs + i);
      AddPairRow(whole, weights, OneOfFour<0>(four));
      AddPairRow(whole, weights + kStride, OneOfFour<1>(four));
      AddPairRow(whole, weights + 2 * kStride, OneOfFour<2>(four));
      AddPairRow(whole, weights + 3 * kStride, OneOfFour<3>(four));
    }
#pragma GCC unroll 16
    for (int v = 0; v < kRowVectors; ++v) {
      Vec& sum = sums[0][SumOf(v, true)];
      sum = MulAdd(Floats(whole[v]), Load(factors + v * kLanes), sum);
    }
  }

  static CONTINUO_INLINE void AddPairRow(Ints (&whole)[kRowVectors], const float* weights,
                                         Vec pair) {
#pragma GCC unroll 16
    for (int v = 0; v < kRowVectors; ++v) {
      AddProducts(whole[v], pair, Load(weights + v * kLanes));
    }
  }

  CONTINUO_INLINE void AddChains() {
#pragma GCC unroll 4
    for (int c = 1; c < kChains; ++c) {
#pragma GCC unroll 16
      for (int v = 0; v < kSums; ++v) sums[0][v] += sums[c][v];
    }
  }
};

}  // namespace
}  // namespace continuo::executor::fused
