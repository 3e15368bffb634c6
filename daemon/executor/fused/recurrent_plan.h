// SPDX-License-Identifier: Apache-2.0
// A net of LSTM, GRU, dense and convolution layers as the kernel runs it; part of plan.h,
// where the rules of the layout are.
#pragma once

#include <cstddef>
#include <cstdint>

namespace continuo::executor::fused {

// kScale: each value by a factor of its own, and a shift. Those from kDense on have an activation.
enum class LayerKind : std::uint8_t { kLstm, kGru, kDense, kConvolution, kScale };
// Those after kSigmoid are of kScale alone: they take numbers, a power or the whole row.
enum class DenseActivation : std::uint8_t {
  kLinear,
  kTanh,
  kRelu,
  kSigmoid,
  kPrelu,
  kElu,
  kSoftmax
};

// Gates are packed a whole vector of units at a time. A group holds W units in four
// vectors: i, f, g, o of an LSTM; r, z, n of the input, n of the hidden values of a GRU.
// What is left over, up to W/2 or W/4 units, lies in two vectors [i|f] [g|o] or in one
// [i|f|g|o]. A pass is done at once: up to kPassGroups groups, the last with what is left
// over. Each pass: its bias row, a row for each input, a row for each hidden value; a
// GRU's groups leave out the vector of n that is zero, in all rows but the bias.
// What goes into a sigmoid is scaled by kSigmoidScale, what goes into a tanh by kTanhScale:
// with y = scale · x, sigmoid(x) = 1 / (1 + 2^y) and tanh(x) = 2 / (1 + 2^y) - 1.
// Dense: with one output, a row of weights and then the bias; else groups of W outputs,
// each the bias row and a row for each input. A convolution: groups even of one output, and
// a row for each input of each tap, the oldest tap first. Scale: a row of factors, one of
// shifts, one of PReLU's slopes.
// With int16 the rows of the hidden values are, after a row of factors, pairs of 16-bit
// weights for two of them, rounded so that no sum of 32 bits can overflow; whole fours of
// pairs. A state then keeps its hidden values a second time, times kPairScale.
inline constexpr std::uint32_t kPassGroups = 2;
inline constexpr float kPairScale = 32767;
inline constexpr float kSigmoidScale = -1.44269504F, kTanhScale = 2 * kSigmoidScale;  // -log2 e

struct RecurrentLayer {
  LayerKind kind;
  DenseActivation activation;  // not of LSTM and GRU
  std::uint32_t inputs, outputs;
  std::uint32_t groups;        // whole vectors of units or outputs; 0: one output, scale
  std::uint32_t rest_vectors;  // 0, 1 or 2
  std::size_t weights_at;
  std::size_t bias_at;    // behind weights_at; dense with one output, scale
  std::size_t slopes_at;  // the same; scale
  std::size_t cell_at;    // in a state's memory, as what follows; LSTM, times kTanhScale
  std::size_t out_at[2];  // written and read by turns; both the same without hidden values
  bool int16;             // as the plan's; of LSTM and GRU
  std::size_t pairs_at[2];
  // Of a convolution: its last inputs, a frame after the other, from the oldest tap to now.
  std::uint32_t taps, dilation;  // 1 tap: the others
  std::uint32_t ring;            // which of the state's positions
  std::uint32_t ring_frames;
  std::size_t ring_at;
};

// out = out_gain (last layer's output + in_gain in, the latter if `skip`).
struct RecurrentPlan {
  const RecurrentLayer* layers;  // each takes what the one before gives
  std::uint32_t layer_count;
  std::uint32_t ring_count;
  std::uint32_t inputs;  // the signal, then the parameters
  bool skip, int16;
  float in_gain, out_gain;
  std::size_t input_at;  // in a state's memory
  const float* weights;
};

// One state's share of a block.
struct RecurrentRun {
  float* memory;
  std::uint32_t* turn;       // which of out_at is written next
  std::uint32_t* positions;  // one a ring: the place of the next frame
  const float* in;
  const float* const* parameters;
  float* out;
};

}  // namespace continuo::executor::fused
