// SPDX-License-Identifier: Apache-2.0
// Sums of products of 16-bit whole numbers, for level.cc alone: two products a lane and
// instruction where a float has one.
#pragma once

#include <cstdint>

#include "daemon/executor/fused/simd.h"

namespace continuo::executor::fused {
namespace {

typedef std::int32_t Ints __attribute__((vector_size(CONTINUO_LANES * 4)));
typedef std::int16_t Shorts __attribute__((vector_size(CONTINUO_LANES * 2)));
typedef std::int16_t ShortsAnywhere
    __attribute__((vector_size(CONTINUO_LANES * 2), aligned(2), may_alias));

// In each lane: the product of the low halves plus that of the high halves.
#if CONTINUO_LANES == 16
CONTINUO_INLINE Ints MultiplyPairs(Vec a, Vec b) {
  return reinterpret_cast<Ints>(_mm512_madd_epi16(_mm512_castps_si512(a), _mm512_castps_si512(b)));
}
#elif CONTINUO_LANES == 8
CONTINUO_INLINE Ints MultiplyPairs(Vec a, Vec b) {
  return reinterpret_cast<Ints>(_mm256_madd_epi16(_mm256_castps_si256(a), _mm256_castps_si256(b)));
}
#elif defined(__SSE2__)
CONTINUO_INLINE Ints MultiplyPairs(Vec a, Vec b) {
  return reinterpret_cast<Ints>(_mm_madd_epi16(_mm_castps_si128(a), _mm_castps_si128(b)));
}
#else
CONTINUO_INLINE Ints MultiplyPairs(Vec a, Vec b) {
  const Ints x = reinterpret_cast<Ints>(a), y = reinterpret_cast<Ints>(b);
  return ((x << 16) >> 16) * ((y << 16) >> 16) + (x >> 16) * (y >> 16);
}
#endif

// The sum is made here and now: else the compiler gathers all products first, which do not
// fit the registers.
CONTINUO_INLINE void AddProducts(Ints& sum, Vec a, Vec b) {
  sum += MultiplyPairs(a, b);
#if defined(__AVX512F__)
  asm("" : "+v"(sum));
#elif defined(__x86_64__)
  asm("" : "+x"(sum));
#elif defined(__aarch64__)
  asm("" : "+w"(sum));
#endif
}

CONTINUO_INLINE Vec Floats(Ints whole) { return __builtin_convertvector(whole, Vec); }

// To the nearest whole numbers, which must fit 16 bits.
CONTINUO_INLINE void StoreRounded(std::int16_t* to, Vec v) {
  const Ints low = reinterpret_cast<Ints>(v + 12582912.0F);  // 1.5 · 2^23: as in Logistic()
  *reinterpret_cast<ShortsAnywhere*>(to) = __builtin_convertvector(low, Shorts);
}

}  // namespace
}  // namespace continuo::executor::fused
