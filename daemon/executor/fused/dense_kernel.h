// SPDX-License-Identifier: Apache-2.0
// The layers without hidden values, for level.cc alone: dense ones, convolutions, and
// those that scale, shift and activate each value.
//
// The latter two are not inlined: nets of LSTMs and GRUs keep the registers that they had.
#pragma once

#include "daemon/executor/fused/exp_kernel.h"
#include "daemon/executor/fused/pass_kernel.h"

namespace continuo::executor::fused {
namespace {

CONTINUO_INLINE Vec ActivateAs(DenseActivation activation, Vec x) {
  if (activation == DenseActivation::kTanh) return Tanh(x);
  if (activation == DenseActivation::kSigmoid) return Sigmoid(x);
  return activation == DenseActivation::kRelu ? Max(Vec{}, x) : x;
}

CONTINUO_INLINE void StepDense(const RecurrentLayer& layer, const float* weights,
                               const RecurrentRows& rows) {
  if (layer.groups == 0) {
    Vec sum = {};
    for (std::uint32_t i = 0; i < layer.inputs; i += kLanes) {
      sum = MulAdd(Load(rows.input + i), Load(weights + i), sum);
    }
    const float y = Sum(sum) + weights[layer.bias_at];
    const bool linear = layer.activation == DenseActivation::kLinear;
    *rows.next = linear ? y : ActivateAs(layer.activation, All(y))[0];
    return;
  }
  for (std::uint32_t unit = 0; unit < layer.groups * kLanes; unit += kLanes) {
    Pass<LayerKind::kDense, 0, 1> pass;
    pass.Bias(weights);
    pass.AddRows<false>(weights, rows.input, layer.inputs);
    pass.AddChains();
    Store(rows.next + unit, ActivateAs(layer.activation, pass.sums[0][0]));
  }
}

// `position`: where the newest frame goes in `ring`. The taps are added oldest first wherever
// the ring begins, so that an input at rest gives an output at rest.
__attribute__((noinline)) void StepConvolution(const RecurrentLayer& layer, const float* weights,
                                               const RecurrentRows& rows, float* ring,
                                               std::uint32_t& position) {
  const std::uint32_t inputs = layer.inputs, frames = layer.ring_frames;
  float* const newest = ring + std::size_t{position} * inputs;
  for (std::uint32_t i = 0; i < inputs; ++i) newest[i] = rows.input[i];
  position = position + 1 == frames ? 0 : position + 1;
  for (std::uint32_t unit = 0; unit < layer.groups * kLanes; unit += kLanes) {
    Pass<LayerKind::kDense, 0, 1> pass;
    pass.Bias(weights);
    std::uint32_t at = position;
    for (std::uint32_t tap = 0; tap < layer.taps; ++tap) {
      pass.AddRows<false>(weights, ring + std::size_t{at} * inputs, inputs);
      at += layer.dilation;
      if (at >= frames) at -= frames;
    }
    pass.AddChains();
    Store(rows.next + unit, ActivateAs(layer.activation, pass.sums[0][0]));
  }
}

CONTINUO_INLINE Vec Elu(Vec x) { return Max(Vec{}, x) + (Exp2(Min(Vec{}, x) * kLog2E) - 1.0F); }

CONTINUO_INLINE void SoftMaxOf(float* row, std::uint32_t count, std::uint32_t end) {
  for (std::uint32_t i = count; i < end; ++i) row[i] = kNever;
  const Vec scale = All(1 / PowersBelowPeak(row, end, kLog2E));
  for (std::uint32_t i = 0; i < end; i += kLanes) Store(row + i, Load(row + i) * scale);
}

__attribute__((noinline)) void StepScale(const RecurrentLayer& layer, const float* weights,
                                         const RecurrentRows& rows) {
  const float* const shifts = weights + layer.bias_at;
  const float* const slopes = weights + layer.slopes_at;
  const std::uint32_t end = (layer.outputs + kLanes - 1) / kLanes * kLanes;
  for (std::uint32_t unit = 0; unit < end; unit += kLanes) {
    const Vec x = MulAdd(Load(rows.input + unit), Load(weights + unit), Load(shifts + unit));
    Vec y = ActivateAs(layer.activation, x);
    if (layer.activation == DenseActivation::kElu) y = Elu(x);
    if (layer.activation == DenseActivation::kPrelu) {
      y = MulAdd(Load(slopes + unit), Min(Vec{}, x), Max(Vec{}, x));
    }
    Store(rows.next + unit, y);
  }
  if (layer.activation == DenseActivation::kSoftmax) SoftMaxOf(rows.next, layer.outputs, end);
}

}  // namespace
}  // namespace continuo::executor::fused
