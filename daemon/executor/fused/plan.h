// SPDX-License-Identifier: Apache-2.0
// What the kernels run, a model taken apart into offsets and counts; and the
// kernels themselves.
//
// Layout: a plan's `…_at` are offsets in floats, each a multiple of 16 (one cache
// line), into the weights that all states share or into the memory of one state.
// Read by sources compiled for several instruction sets: nothing with code in it
// belongs here, or the linker may keep the copy that the processor cannot run.
#pragma once

#include <cstddef>
#include <cstdint>

#include "daemon/executor/fused/film_tcn_plan.h"
#include "daemon/executor/fused/linear_plan.h"
#include "daemon/executor/fused/program.h"

namespace continuo::executor::fused {

enum class LayerKind : std::uint8_t { kLstm, kGru, kDense };
enum class DenseActivation : std::uint8_t { kLinear, kTanh, kRelu, kSigmoid };

// Gates are packed a whole vector of units at a time. A group holds W units in four
// vectors: i, f, g, o of an LSTM; r, z, n of the input, n of the hidden values of a GRU.
// What is left over, up to W/2 or W/4 units, lies in two vectors [i|f] [g|o] or in one
// [i|f|g|o]. A pass is done at once: up to kPassGroups groups, the last with what is left
// over. Each pass: its bias row, a row for each input, a row for each hidden value; a
// GRU's groups leave out the vector of n that is zero, in all rows but the bias.
// What goes into a sigmoid is scaled by kSigmoidScale, what goes into a tanh by kTanhScale:
// with y = scale · x, sigmoid(x) = 1 / (1 + 2^y) and tanh(x) = 2 / (1 + 2^y) - 1.
// Dense: with one output, a row of weights and then the bias; else groups of W outputs,
// each the bias row and a row for each input.
inline constexpr std::uint32_t kPassGroups = 2;
inline constexpr float kSigmoidScale = -1.44269504F, kTanhScale = 2 * kSigmoidScale;  // -log2 e

struct RecurrentLayer {
  LayerKind kind;
  DenseActivation activation;  // of dense
  std::uint32_t inputs, outputs;
  std::uint32_t groups;        // whole vectors of units or outputs; 0: one output
  std::uint32_t rest_vectors;  // 0, 1 or 2
  std::size_t weights_at;
  std::size_t bias_at;    // behind weights_at; dense with one output
  std::size_t cell_at;    // in a state's memory, as what follows; LSTM, times kTanhScale
  std::size_t out_at[2];  // written and read by turns; dense: both the same
};

// out = out_gain (last layer's output + in_gain in, the latter if `skip`).
struct RecurrentPlan {
  const RecurrentLayer* layers;  // each takes what the one before gives
  std::uint32_t layer_count;
  std::uint32_t inputs;  // the signal, then the parameters
  bool skip;
  float in_gain, out_gain;
  std::size_t input_at;  // in a state's memory
  const float* weights;
};

// One state's share of a block.
struct RecurrentRun {
  float* memory;
  std::uint32_t* turn;  // which of out_at is written next
  const float* in;
  const float* const* parameters;
  float* out;
};

// The kernels of one instruction set.
// Real time: the functions neither allocate nor call the system; their time is
// proportional to `frames`. Any number of frames. [audio-thread]
struct Kernels {
  const char* name;  // "sse2" or "neon" (the baseline), "avx2", "avx512"
  std::uint32_t lanes;
  // `positions`: one a ring, the place of the next frame. `out`: Program::outputs rows.
  void (*program)(const Program& program, float* memory, std::uint32_t* positions, const float* in,
                  float* const* out, std::uint32_t frames) noexcept;
  // Zeroed memory becomes that of a state at rest. Not for an audio thread.
  void (*settle)(const Program& program, float* memory) noexcept;
  // `words`: LinearWord.
  void (*linear)(const LinearPlan& plan, float* memory, std::uint32_t* words, const float* in,
                 float* out, std::uint32_t frames) noexcept;
  // Any number of states, each as if it were alone, bit by bit.
  void (*recurrent)(const RecurrentPlan& plan, const RecurrentRun* runs, std::uint32_t count,
                    std::uint32_t frames) noexcept;
  // One tile of at most kTileFrames; `positions`: one a layer.
  void (*film_tcn)(const FilmTcnPlan& plan, float* memory, std::uint32_t* positions,
                   FilmKnobs knobs, std::uint32_t frames) noexcept;
  // In place: `count` rows `stride` apart of at most kTileFrames.
  void (*diodes)(const DiodeCurve& curve, const float* resistance, float* rows, std::uint32_t count,
                 std::uint32_t stride, std::uint32_t frames) noexcept;
  void (*tanh)(const float* in, float* out, std::size_t count) noexcept;  // for its test
};

}  // namespace continuo::executor::fused
