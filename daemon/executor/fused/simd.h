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
#include <utility>

#include "daemon/executor/fused/plan.h"

namespace continuo::executor::fused {
namespace {

constexpr std::uint32_t kLanes = CONTINUO_LANES;
typedef float Vec __attribute__((vector_size(CONTINUO_LANES * 4)));
// As it lies in memory: anywhere.
typedef float VecAnywhere __attribute__((vector_size(CONTINUO_LANES * 4), aligned(4), may_alias));

#define CONTINUO_INLINED __attribute__((always_inline))
#define CONTINUO_INLINE inline CONTINUO_INLINED

// body(0), … body(kCount - 1), each with a constant: arrays that are only reached so
// stay in registers.
template <int kCount, typename Body>
CONTINUO_INLINE void Each(const Body& body) {
  [&]<int... kIndex>(std::integer_sequence<int, kIndex...>) CONTINUO_INLINED {
    (body(std::integral_constant<int, kIndex>()), ...);
  }
  (std::make_integer_sequence<int, kCount>());
}

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

// x P(x²) / Q(x²), clamped: fit_tanh.py 4 4 8.6 40 gave the coefficients. Within
// 3.5e-7, nearly all of it rounding. A degree less would do for that, but its slope at 0 is
// off by 1e-6, and a deep WaveNet multiplies that.
CONTINUO_INLINE Vec Tanh(Vec x) {
  x = Max(All(-8.6F), Min(All(8.6F), x));
  // In pairs (Estrin), as the chain of dependent operations is what an LSTM waits for.
  const Vec u = x * x, u2 = u * u;
  const Vec p_low = All(2.633904219e-01F) * u + 1.965641022e+00F;
  const Vec p_high = All(4.126271961e-05F) * u + 6.915286183e-03F;
  const Vec p = (All(2.734815396e-08F) * u2 + p_high) * u2 + p_low;
  const Vec q_low = All(9.186036587e-01F) * u + 1.965641141e+00F;
  const Vec q_high = All(6.531730760e-04F) * u + 5.103157833e-02F;
  const Vec q = (All(1.572311362e-06F) * u2 + q_high) * u2 + q_low;
  return x * p / q;
}

CONTINUO_INLINE Vec Sigmoid(Vec x) { return Tanh(x * 0.5F) * 0.5F + 0.5F; }

}  // namespace
}  // namespace continuo::executor::fused
