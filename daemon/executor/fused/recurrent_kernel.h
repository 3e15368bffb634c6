// SPDX-License-Identifier: Apache-2.0
// Nets of LSTM, GRU and other layers for one instruction set; included by level.cc alone.
//
// Units lie in the lanes. A pass sums the gates of up to three groups of units side by
// side, row by row of the weights, and then does their activations: the long chains of
// those overlap each other, the next pass, and the first rows of the next frame, which
// need only what the first group has become.
// Several states take turns, frame by frame: one fills the waits of the other.
#pragma once

#include "daemon/executor/fused/dense_kernel.h"

namespace continuo::executor::fused {
namespace {

// The lanes from kFirst on, kCount of them, at the front; zeros behind.
template <int kFirst, int kCount, int... kLane>
CONTINUO_INLINE Vec Part(Vec v, std::integer_sequence<int, kLane...>) {
  constexpr int kZero = static_cast<int>(kLanes);
  return Shuffled(v, std::integer_sequence<int, (kLane < kCount ? kFirst + kLane : kZero)...>());
}
template <int kFirst, int kCount>
CONTINUO_INLINE Vec Part(Vec v) {
  return Part<kFirst, kCount>(v, std::make_integer_sequence<int, static_cast<int>(kLanes)>());
}

template <bool kInt16>
CONTINUO_INLINE void StoreNext(const RecurrentRows& rows, std::uint32_t unit, Vec hidden) {
  Store(rows.next + unit, hidden);
  if constexpr (kInt16) StoreRounded(rows.next_pairs + unit, hidden * kPairScale);
}

// From the logistic functions of the gates (but the sums of a GRU's n) to the new values
// of the units.
template <LayerKind kKind, bool kInt16>
CONTINUO_INLINE void Remember(const RecurrentRows& rows, std::uint32_t unit, Vec a, Vec b, Vec c,
                              Vec d) {
  const Vec minus_one = All(-1.0F), two = All(2.0F);
  if constexpr (kKind == LayerKind::kLstm) {
    // The cell is kept times kTanhScale, as Logistic() wants it.
    const Vec g = MulAdd(All(2 * kTanhScale), c, All(-kTanhScale));
    const Vec now = MulAdd(a, g, b * Load(rows.cell + unit));
    Store(rows.cell + unit, now);
    StoreNext<kInt16>(rows, unit, d * MulAdd(two, Logistic(now), minus_one));
  } else {
    // n = tanh(input's + r · hidden's); new = n + z (old - n).
    const Vec n = MulAdd(two, Logistic(MulAdd(a, d, c)), minus_one);
    StoreNext<kInt16>(rows, unit, MulAdd(b, Load(rows.hidden + unit) - n, n));
  }
}

template <LayerKind kKind, bool kInt16, int kGroups, int kRest>
CONTINUO_INLINE void RunPass(const RecurrentLayer& layer, const RecurrentRows& rows,
                             const float*& weights, std::uint32_t& unit) {
  constexpr bool kLstm = kKind == LayerKind::kLstm;
  constexpr int kHalf = kLanes / 2, kQuarter = kLanes / 4;
  Pass<kKind, kGroups, kRest> pass;
  pass.Bias(weights);
  pass.template AddRows<false>(weights, rows.input, layer.inputs);
  if constexpr (kInt16) {
    pass.AddPairs(weights, rows.pairs, (layer.outputs + 1) / 2);
  } else {
    pass.template AddRows<true>(weights, rows.hidden, layer.outputs);
  }
  pass.AddChains();
#pragma GCC unroll 4
  for (int g = 0; g < kGroups; ++g) {
    const Vec c = pass.sums[0][g * 4 + 2], d = pass.sums[0][g * 4 + 3];
    Remember<kKind, kInt16>(rows, unit, Logistic(pass.sums[0][g * 4]),
                            Logistic(pass.sums[0][g * 4 + 1]), kLstm ? Logistic(c) : c,
                            kLstm ? Logistic(d) : d);
    unit += kLanes;
  }
  if constexpr (kRest == 2) {
    const Vec ab = Logistic(pass.sums[0][kGroups * 4]), sum = pass.sums[0][kGroups * 4 + 1];
    const Vec cd = kLstm ? Logistic(sum) : sum;
    Remember<kKind, kInt16>(rows, unit, Part<0, kHalf>(ab), Part<kHalf, kHalf>(ab),
                            Part<0, kHalf>(cd), Part<kHalf, kHalf>(cd));
  } else if constexpr (kRest == 1) {
    const Vec sum = pass.sums[0][kGroups * 4], ab = Logistic(sum), cd = kLstm ? ab : sum;
    Remember<kKind, kInt16>(rows, unit, Part<0, kQuarter>(ab), Part<kQuarter, kQuarter>(ab),
                            Part<2 * kQuarter, kQuarter>(cd), Part<3 * kQuarter, kQuarter>(cd));
  }
}

template <LayerKind kKind, bool kInt16, int kGroups>
CONTINUO_INLINE void LastPass(const RecurrentLayer& layer, const RecurrentRows& rows,
                              const float* weights, std::uint32_t unit) {
  if (layer.rest_vectors == 2) {
    RunPass<kKind, kInt16, kGroups, 2>(layer, rows, weights, unit);
  } else if (layer.rest_vectors == 1) {
    RunPass<kKind, kInt16, kGroups, 1>(layer, rows, weights, unit);
  } else if constexpr (kGroups > 0) {
    RunPass<kKind, kInt16, kGroups, 0>(layer, rows, weights, unit);
  }
}

template <LayerKind kKind, bool kInt16>
CONTINUO_INLINE void Step(const RecurrentLayer& layer, const float* weights,
                          const RecurrentRows& rows) {
  static_assert(kPassGroups == 2);
  std::uint32_t unit = 0, groups = layer.groups;
  for (; groups > kPassGroups; groups -= kPassGroups) {
    RunPass<kKind, kInt16, 2, 0>(layer, rows, weights, unit);
  }
  if (groups == 2) {
    LastPass<kKind, kInt16, 2>(layer, rows, weights, unit);
  } else if (groups == 1) {
    LastPass<kKind, kInt16, 1>(layer, rows, weights, unit);
  } else {
    LastPass<kKind, kInt16, 0>(layer, rows, weights, unit);
  }
}

template <bool kInt16>
CONTINUO_INLINE void RunFrame(const RecurrentPlan& plan, const RecurrentRun& run,
                              std::uint32_t frame) {
  const std::uint32_t turn = *run.turn;
  const float dry = run.in[frame] * plan.in_gain;
  float* const input = run.memory + plan.input_at;
  input[0] = dry;
  for (std::uint32_t p = 1; p < plan.inputs; ++p) input[p] = run.parameters[p - 1][frame];
  RecurrentRows rows = {};
  rows.input = input;
  for (std::uint32_t l = 0; l < plan.layer_count; ++l) {
    const RecurrentLayer& layer = plan.layers[l];
    rows.hidden = run.memory + layer.out_at[turn ^ 1U];
    rows.next = run.memory + layer.out_at[turn];
    rows.cell = run.memory + layer.cell_at;
    rows.pairs = run.memory + layer.pairs_at[turn ^ 1U];
    rows.next_pairs = reinterpret_cast<std::int16_t*>(run.memory + layer.pairs_at[turn]);
    const float* const weights = plan.weights + layer.weights_at;
    if (layer.kind == LayerKind::kLstm) {
      Step<LayerKind::kLstm, kInt16>(layer, weights, rows);
    } else if (layer.kind == LayerKind::kGru) {
      Step<LayerKind::kGru, kInt16>(layer, weights, rows);
    } else if (layer.kind == LayerKind::kDense) {
      StepDense(layer, weights, rows);
    } else if (layer.kind == LayerKind::kConvolution) {
      StepConvolution(layer, weights, rows, run.memory + layer.ring_at, run.positions[layer.ring]);
    } else {
      StepScale(layer, weights, rows);
    }
    rows.input = rows.next;
  }
  *run.turn = turn ^ 1U;
  run.out[frame] = (*rows.input + (plan.skip ? dry : 0.0F)) * plan.out_gain;
}

// Not one function with a choice for each layer: the floats would be a tenth slower.
template <bool kInt16>
void RunAs(const RecurrentPlan& plan, const RecurrentRun* runs, std::uint32_t count,
           std::uint32_t frames) {
  for (std::uint32_t frame = 0; frame < frames; ++frame) {
    for (std::uint32_t i = 0; i < count; ++i) RunFrame<kInt16>(plan, runs[i], frame);
  }
}

void RunRecurrent(const RecurrentPlan& plan, const RecurrentRun* runs, std::uint32_t count,
                  std::uint32_t frames) noexcept {
  (plan.int16 ? RunAs<true> : RunAs<false>)(plan, runs, count, frames);
}

}  // namespace
}  // namespace continuo::executor::fused
