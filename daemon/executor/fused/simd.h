// SPDX-License-Identifier: Apache-2.0
// A vector of CONTINUO_LANES floats and its mathematics, for level.cc alone.
//
// Everything is in an unnamed namespace: each instruction set has its own copy.
#pragma once

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <cstddef>
#include <cstdint>

#include "daemon/executor/fused/plan.h"

namespace continuo::executor::fused {
namespace {

constexpr std::uint32_t kLanes = CONTINUO_LANES;
typedef float Vec __attribute__((vector_size(CONTINUO_LANES * 4)));
// As it lies in memory: anywhere.
typedef float VecAnywhere
    __attribute__((vector_size(CONTINUO_LANES * 4), aligned(4), may_alias));

#define CONTINUO_INLINE inline __attribute__((always_inline))

CONTINUO_INLINE Vec Load(const float* from) { return *reinterpret_cast<const VecAnywhere*>(from); }
CONTINUO_INLINE void Store(float* to, Vec v) { *reinterpret_cast<VecAnywhere*>(to) = v; }
// Minus zero, since that alone leaves every number as it is, and so costs nothing.
CONTINUO_INLINE Vec All(float value) { return value - Vec{}; }
// Where either is not a number: b. (GCC makes two instructions of a < b ? a : b.)
#if CONTINUO_LANES == 16
CONTINUO_INLINE Vec Min(Vec a, Vec b) { return _mm512_min_ps(a, b); }
CONTINUO_INLINE Vec Max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
#elif CONTINUO_LANES == 8
CONTINUO_INLINE Vec Min(Vec a, Vec b) { return _mm256_min_ps(a, b); }
CONTINUO_INLINE Vec Max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
#elif defined(__SSE2__)
CONTINUO_INLINE Vec Min(Vec a, Vec b) { return _mm_min_ps(a, b); }
CONTINUO_INLINE Vec Max(Vec a, Vec b) { return _mm_max_ps(a, b); }
#else
CONTINUO_INLINE Vec Min(Vec a, Vec b) { return a < b ? a : b; }
CONTINUO_INLINE Vec Max(Vec a, Vec b) { return a > b ? a : b; }
#endif

CONTINUO_INLINE float Sum(Vec v) {
  float total[kLanes];
  Store(total, v);
  for (std::uint32_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::uint32_t i = 0; i < half; ++i) total[i] += total[i + half];
  }
  return total[0];
}

// x P(x²) / Q(x²), clamped, within 3e-7: fit_tanh.py 3 4 8.4 40 gave the coefficients.
CONTINUO_INLINE Vec Tanh(Vec x) {
  x = Max(All(-8.4F), Min(All(8.4F), x));
  const Vec u = x * x;
  Vec p = All(1.089822582e-05F) * u + 2.899846455e-03F;
  p = p * u + 1.287695260e-01F;
  p = p * u + 9.999990522e-01F;
  Vec q = All(2.294035619e-07F) * u + 2.315728409e-04F;
  q = q * u + 2.360323494e-02F;
  q = q * u + 4.620994697e-01F;
  q = q * u + 1.0F;
  return x * p / q;
}

CONTINUO_INLINE Vec Sigmoid(Vec x) { return Tanh(x * 0.5F) * 0.5F + 0.5F; }

template <Activation kKind>
CONTINUO_INLINE Vec Activate(Vec x) {
  if constexpr (kKind == Activation::kTanh) return Tanh(x);
  if constexpr (kKind == Activation::kRelu) return Max(Vec{}, x);
  if constexpr (kKind == Activation::kHardTanh) return Max(All(-1.0F), Min(All(1.0F), x));
  if constexpr (kKind == Activation::kSigmoid) return Sigmoid(x);
  if constexpr (kKind == Activation::kLeakyRelu) return Max(x, x * 0.01F);
}

}  // namespace
}  // namespace continuo::executor::fused
