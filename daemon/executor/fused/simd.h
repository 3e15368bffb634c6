// SPDX-License-Identifier: Apache-2.0
// A vector of CONTINUO_LANES floats and its mathematics, for level.cc alone.
//
// Everything is in an unnamed namespace: each instruction set has its own copy.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include <cstddef>
#include <cstdint>
#include <utility>

#include "daemon/executor/fused/plan.h"

namespace continuo::executor::fused {
namespace {

constexpr std::uint32_t kLanes = CONTINUO_LANES;
typedef float Vec __attribute__((vector_size(CONTINUO_LANES * 4)));
typedef std::int32_t Whole __attribute__((vector_size(CONTINUO_LANES * 4)));
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

// a × b + c, in one rounding where the instruction set has that; the compiler's own
// contraction may choose differently from one use to the next.
#if CONTINUO_LANES == 16
CONTINUO_INLINE Vec MulAdd(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
#elif CONTINUO_LANES == 8
CONTINUO_INLINE Vec MulAdd(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
#elif defined(__aarch64__)
CONTINUO_INLINE Vec MulAdd(Vec a, Vec b, Vec c) { return vfmaq_f32(c, a, b); }
#else
CONTINUO_INLINE Vec MulAdd(Vec a, Vec b, Vec c) { return a * b + c; }
#endif

// Four floats from memory, again and again; and one of them in all lanes: the processor
// has a spare unit for the latter, but none for as many loads.
#if CONTINUO_LANES == 16
CONTINUO_INLINE Vec RepeatFour(const float* from) {
  Vec four = _mm512_broadcast_f32x4(_mm_loadu_ps(from));
  asm("" : "+v"(four));  // else the compiler makes four loads of it after all
  return four;
}
template <int kWhich>
CONTINUO_INLINE Vec OneOfFour(Vec four) {
  return _mm512_permute_ps(four, kWhich * 0x55);
}
#elif CONTINUO_LANES == 8
CONTINUO_INLINE Vec RepeatFour(const float* from) {
  Vec four = _mm256_broadcast_ps(reinterpret_cast<const __m128*>(from));
  asm("" : "+x"(four));
  return four;
}
template <int kWhich>
CONTINUO_INLINE Vec OneOfFour(Vec four) {
  return _mm256_permute_ps(four, kWhich * 0x55);
}
#else
CONTINUO_INLINE Vec RepeatFour(const float* from) { return Load(from); }
template <int kWhich>
CONTINUO_INLINE Vec OneOfFour(Vec four) {
  return __builtin_shufflevector(four, four, kWhich, kWhich, kWhich, kWhich);
}
#endif

// The lanes that kIndex names; kLanes and beyond: zero.
template <int... kIndex>
CONTINUO_INLINE Vec Shuffled(Vec v, std::integer_sequence<int, kIndex...>) {
  return __builtin_shufflevector(v, Vec{}, kIndex...);
}

// Half and half, down to one.
template <typename V, int... kLane>
CONTINUO_INLINE float SumOf(V v, std::integer_sequence<int, kLane...>) {
  constexpr int kHalf = sizeof...(kLane);
  const auto half =
      __builtin_shufflevector(v, v, kLane...) + __builtin_shufflevector(v, v, (kLane + kHalf)...);
  if constexpr (kHalf == 2) return half[0] + half[1];
  if constexpr (kHalf > 2) return SumOf(half, std::make_integer_sequence<int, kHalf / 2>());
}
CONTINUO_INLINE float Sum(Vec v) {
  return SumOf(v, std::make_integer_sequence<int, static_cast<int>(kLanes) / 2>());
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

// 1 / (1 + 2^y) within 1e-7: sigmoid and tanh of a recurrent net, whose weights carry the
// factor; half the work of Tanh. 2^y by fit_exp2.py 5, the whole part of y put into the exponent.
CONTINUO_INLINE Vec Logistic(Vec y) {
#if CONTINUO_LANES == 16
  const Vec f = _mm512_reduce_ps(y, 0);  // y less the nearest whole number
#else
  y = Max(All(-60.0F), Min(All(60.0F), y));
  const Vec big = All(12582912.0F);  // 1.5 · 2^23: a float of that size has no fraction
  const Vec shifted = y + big;
  const Vec f = y - (shifted - big);
#endif
  const Vec f2 = f * f;
  const Vec low = MulAdd(All(6.931469671e-01F), f, All(1.0F));
  const Vec middle = MulAdd(All(5.550713273e-02F), f, All(2.402211972e-01F));
  const Vec high = MulAdd(All(1.327647199e-03F), f, All(9.675541334e-03F));
  const Vec power = MulAdd(MulAdd(high, f2, middle), f2, low);
#if CONTINUO_LANES == 16
  return 1.0F / (1.0F + _mm512_scalef_ps(power, y - f));
#else
  const Whole bits = reinterpret_cast<Whole>(power) + (reinterpret_cast<Whole>(shifted) << 23);
  return 1.0F / (1.0F + reinterpret_cast<Vec>(bits));
#endif
}

}  // namespace
}  // namespace continuo::executor::fused
