// SPDX-License-Identifier: Apache-2.0
// Powers of 2 and what a softmax is made of, for level.cc and transformer_level.cc alone.
#pragma once

#include "daemon/executor/fused/simd.h"

namespace continuo::executor::fused {
namespace {

constexpr float kNever = -1e38F;  // for what is not among the values: its power is nothing
constexpr float kLog2E = 1.44269504F;

// 2^y for y <= 0, within 1e-7 of it; far below, nothing. By fit_exp2.py 6.
CONTINUO_INLINE Vec Exp2(Vec y) {
  y = Max(All(-126.0F), y);          // what is not a number stays so
  const Vec big = All(12582912.0F);  // 1.5 · 2^23: a float of that size has no fraction
  const Vec shifted = y + big;
  const Vec f = y - (shifted - big);
  Vec power = MulAdd(All(1.534581202e-04F), f, All(1.339993122e-03F));
  power = MulAdd(power, f, All(9.618488957e-03F));
  power = MulAdd(power, f, All(5.550328777e-02F));
  power = MulAdd(power, f, All(2.402264689e-01F));
  power = MulAdd(power, f, All(6.931472057e-01F));
  power = MulAdd(power, f, All(1.0F));
  const Whole bits = reinterpret_cast<Whole>(power) + (reinterpret_cast<Whole>(shifted) << 23);
  return reinterpret_cast<Vec>(bits);
}

// Values, whole vectors of them, become powers of 2 of `scale` times what they are below the
// largest; gives their sum.
CONTINUO_INLINE float PowersBelowPeak(float* values, std::uint32_t count, float scale) {
  Vec largest = All(kNever);
  for (std::uint32_t i = 0; i < count; i += kLanes) largest = Max(Load(values + i), largest);
  float peak = kNever;
  for (std::uint32_t i = 0; i < kLanes; ++i) peak = largest[i] > peak ? largest[i] : peak;
  Vec sum = {};
  for (std::uint32_t i = 0; i < count; i += kLanes) {
    const Vec power = Exp2((Load(values + i) - All(peak)) * scale);
    Store(values + i, power);
    sum += power;
  }
  return Sum(sum);
}

}  // namespace
}  // namespace continuo::executor::fused
