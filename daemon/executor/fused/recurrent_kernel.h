// SPDX-License-Identifier: Apache-2.0
// Nets of LSTM, GRU and dense layers for one instruction set; included by level.cc alone.
//
// Units lie in the lanes. A pass sums the gates of up to three groups of units side by
// side, row by row of the weights, and then does their activations: the long chains of
// those overlap each other, the next pass, and the first rows of the next frame, which
// need only what the first group has become.
// Several states take turns, frame by frame: one fills the waits of the other.
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
    } else {
      StepDense(layer, weights, rows);
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
