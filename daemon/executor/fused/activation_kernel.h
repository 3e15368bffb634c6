// SPDX-License-Identifier: Apache-2.0
// What Neural Amp Modeler calls activations, for level.cc alone.
#pragma once

#include "daemon/executor/fused/simd.h"

namespace continuo::executor::fused {
namespace {

CONTINUO_INLINE Vec Magnitude(Vec x) { return Max(x, -x); }

// `numbers`: those of ActivationAt for this row.
template <Activation kKind>
CONTINUO_INLINE Vec Activated(Vec x, const float* numbers) {
  if constexpr (kKind == Activation::kTanh) return Tanh(x);
  if constexpr (kKind == Activation::kRelu) return Max(Vec{}, x);
  if constexpr (kKind == Activation::kLeaky) return Max(Vec{}, x) + numbers[0] * Min(Vec{}, x);
  if constexpr (kKind == Activation::kSigmoid) return Sigmoid(x);
  if constexpr (kKind == Activation::kSilu) return x * Sigmoid(x);
  if constexpr (kKind == Activation::kHardTanh) return Max(All(-1.0F), Min(All(1.0F), x));
  if constexpr (kKind == Activation::kHardSwish) {
    return x * Max(Vec{}, Min(All(6.0F), x + 3.0F)) * (1.0F / 6.0F);
  }
  if constexpr (kKind == Activation::kSoftSign) return x / (Magnitude(x) + 1.0F);
  if constexpr (kKind == Activation::kLeakyHardTanh) {
    const Vec low = All(numbers[0]), high = All(numbers[1]);
    return Max(low, Min(high, x)) + numbers[2] * Min(Vec{}, x - low) +
           numbers[3] * Max(Vec{}, x - high);
  }
  if constexpr (kKind == Activation::kFastTanh) {
    const Vec a = Magnitude(x), u = x * x;
    const Vec p = (a * 0.821226666969744F + 0.893229853513558F) * u +
                  (a * 2.45550750702956F + 2.45550750702956F);
    return x * p /
           ((u + 2.44506634652299F) * Magnitude(x * a * 0.814642734961073F + x) +
            2.44506634652299F);
  }
  return x;
}

// run.operator()<kKind>() for a kind known at run time.
template <typename Run>
CONTINUO_INLINE void WithActivation(Activation kind, const Run& run) {
  switch (kind) {
    case Activation::kNone:
      return run.template operator()<Activation::kNone>();
    case Activation::kTanh:
      return run.template operator()<Activation::kTanh>();
    case Activation::kRelu:
      return run.template operator()<Activation::kRelu>();
    case Activation::kLeaky:
      return run.template operator()<Activation::kLeaky>();
    case Activation::kSigmoid:
      return run.template operator()<Activation::kSigmoid>();
    case Activation::kSilu:
      return run.template operator()<Activation::kSilu>();
    case Activation::kHardTanh:
      return run.template operator()<Activation::kHardTanh>();
    case Activation::kHardSwish:
      return run.template operator()<Activation::kHardSwish>();
    case Activation::kSoftSign:
      return run.template operator()<Activation::kSoftSign>();
    case Activation::kLeakyHardTanh:
      return run.template operator()<Activation::kLeakyHardTanh>();
    case Activation::kFastTanh:
      return run.template operator()<Activation::kFastTanh>();
  }
}

}  // namespace
}  // namespace continuo::executor::fused
