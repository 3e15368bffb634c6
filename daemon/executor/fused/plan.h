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

#include "daemon/executor/fused/linear_plan.h"
#include "daemon/executor/fused/program.h"

namespace continuo::executor::fused {

// Gates are packed a whole vector of units at a time. A group holds W units in four
// vectors i, f, g, o; what is left over, up to W/2 or W/4 units, in two vectors
// [i|f] [g|o] or in one [i|f|g|o]. Each group: its bias row, a row for each input,
// a row for each hidden value. i, f and o are halved: sigmoid(x) = (1 + tanh(x/2)) / 2.
struct LstmLayer {
  std::size_t weights_at;
  std::uint32_t inputs, hidden;
  std::uint32_t groups;        // of four vectors
  std::uint32_t rest_vectors;  // 0, 1 or 2
  std::size_t cell_at;         // in a state's memory
  std::size_t hidden_at[2];    // read and written by turns
};

struct LstmPlan {
  const LstmLayer* layers;
  std::uint32_t layer_count;
  const float* weights;
  std::size_t head_at;  // one row, zeros beyond the hidden size
  float head_bias;
};

// The kernels of one instruction set.
// Real time: the functions neither allocate nor call the system; their time is
// proportional to `frames`. Any number of frames. [audio-thread]
struct Kernels {
  const char* name;  // "sse2" (the baseline of any processor), "avx2", "avx512"
  std::uint32_t lanes;
  // `positions`: one a ring, the place of the next frame. `out`: Program::outputs rows.
  void (*program)(const Program& program, float* memory, std::uint32_t* positions, const float* in,
                  float* const* out, std::uint32_t frames) noexcept;
  // Zeroed memory becomes that of a state at rest. Not for an audio thread.
  void (*settle)(const Program& program, float* memory) noexcept;
  // `turn`: which of hidden_at is read next.
  void (*lstm)(const LstmPlan& plan, float* memory, std::uint32_t* turn, const float* in,
               float* out, std::uint32_t frames) noexcept;
  // `words`: LinearWord.
  void (*linear)(const LinearPlan& plan, float* memory, std::uint32_t* words, const float* in,
                 float* out, std::uint32_t frames) noexcept;
  void (*tanh)(const float* in, float* out, std::size_t count) noexcept;  // for its test
};

}  // namespace continuo::executor::fused
