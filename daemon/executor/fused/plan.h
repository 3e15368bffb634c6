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
#include "daemon/executor/fused/recurrent_plan.h"

namespace continuo::executor::fused {

// The kernels of one instruction set.
// Real time: the functions neither allocate nor call the system; their time is
// proportional to `frames`. Any number of frames. [audio-thread]
struct Kernels {
  const char* name;  // "sse2" or "neon" (the baseline), "avx2", "avx512"
  std::uint32_t lanes;
  // `scratch`: nobody else's meanwhile, whatever is in it. `positions`: one a ring, the place of
  // the next frame. `out`: Program::outputs rows. `fetch`: others have run since the state did, so
  // that its past is to be brought into the cache ahead.
  void (*program)(const Program& program, float* scratch, float* memory, std::uint32_t* positions,
                  const float* in, float* const* out, std::uint32_t frames, bool fetch) noexcept;
  // Zeroed memories become those of a state at rest. Not for an audio thread.
  void (*settle)(const Program& program, float* scratch, float* memory) noexcept;
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
