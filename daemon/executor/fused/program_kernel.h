// SPDX-License-Identifier: Apache-2.0
// A program for one instruction set; included by level.cc alone.
//
// A tile of up to 64 frames goes through step after step, so that what passes between
// them stays in the L1 cache.
#pragma once

#include "daemon/executor/fused/convolve_kernel.h"

namespace continuo::executor::fused {
namespace {

// body(row, frame) for each vector of a step's target.
template <typename Body>
CONTINUO_INLINE void EachVector(const Tile& tile, const ProgramStep& step, const Body& body) {
  for (std::uint32_t row = 0; row < step.fours * 4; ++row) {
    for (std::uint32_t v = 0; v < tile.vectors; ++v) body(row, v * kLanes);
  }
}

// Writes the result of a step without a convolution.
struct Result {
  const ProgramStep& step;
  float* target;
  float* sum;

  Result(const Tile& tile, const ProgramStep& of)
      : step(of), target(tile.At(of.target)), sum(tile.At(of.sum)) {}
  CONTINUO_INLINE void Put(std::uint32_t row, std::uint32_t frame, Vec value) const {
    if (target != nullptr) Store(target + row * step.target.stride + frame, value);
    if (sum == nullptr) return;
    float* const to = sum + row * step.sum.stride + frame;
    Store(to, step.begins_sum ? value : Load(to) + value);
  }
};

void Modulate(const Tile& tile, const ProgramStep& step) {
  const Result result(tile, step);
  const float* const source = tile.At(step.source);
  const float* const before = tile.At(step.before);
  const float* const scales = tile.At(step.condition);
  EachVector(tile, step, [&](std::uint32_t row, std::uint32_t frame) CONTINUO_INLINED {
    Vec value = Load(source + row * step.source.stride + frame);
    if (step.scales) value *= Load(scales + row * step.condition.stride + frame);
    if (step.shifts) {
      value += Load(scales + (step.fours * 4 + row) * step.condition.stride + frame);
    }
    if (before != nullptr) value += Load(before + row * step.before.stride + frame);
    result.Put(row, frame, value);
  });
}

CONTINUO_INLINE const float* Numbers(const Tile& tile, const ActivationAt& of, std::uint32_t row) {
  if (of.at == kNowhere) return nullptr;
  return tile.program.weights + of.at + (of.kind == Activation::kLeaky ? row : 0);
}

void Activate(const Tile& tile, const ProgramStep& step) {
  const Result result(tile, step);
  const float* const source = tile.At(step.source);
  WithActivation(step.activation.kind, [&]<Activation kKind>() CONTINUO_INLINED {
    EachVector(tile, step, [&](std::uint32_t row, std::uint32_t frame) CONTINUO_INLINED {
      const Vec x = Load(source + row * step.source.stride + frame);
      result.Put(row, frame, Activated<kKind>(x, Numbers(tile, step.activation, row)));
    });
  });
}

// In two passes: the second activation in its own half of the source, in place, then
// the first, joined with it.
void Pair(const Tile& tile, const ProgramStep& step) {
  const Result result(tile, step);
  const float* const source = tile.At(step.source);
  float* const other = tile.At(step.source) + step.fours * 4 * step.source.stride;
  WithActivation(step.second.kind, [&]<Activation kKind>() CONTINUO_INLINED {
    EachVector(tile, step, [&](std::uint32_t row, std::uint32_t frame) CONTINUO_INLINED {
      float* const at = other + row * step.source.stride + frame;
      Store(at, Activated<kKind>(Load(at), Numbers(tile, step.second, row)));
    });
  });
  WithActivation(step.activation.kind, [&]<Activation kKind>() CONTINUO_INLINED {
    EachVector(tile, step, [&](std::uint32_t row, std::uint32_t frame) CONTINUO_INLINED {
      const std::size_t at = row * step.source.stride + frame;
      const Vec x = Load(source + at), a = Load(other + at);
      const Vec activated = Activated<kKind>(x, Numbers(tile, step.activation, row));
      result.Put(row, frame,
                 step.action == Action::kGate ? activated * a : a * activated + (1.0F - a) * x);
    });
  });
}

void Advance(const Program& program, std::uint32_t* positions, std::uint32_t frames) {
  for (std::uint32_t r = 0; r < program.ring_count; ++r) {
    positions[r] += frames;
    if (positions[r] >= program.ring_frames[r]) positions[r] -= program.ring_frames[r];
  }
}

CONTINUO_INLINE void RunStep(const Tile& tile, const ProgramStep& step) {
  switch (step.action) {
    case Action::kConvolve:
      return Convolution(tile, step).Run();
    case Action::kModulate:
      return Modulate(tile, step);
    case Action::kActivate:
      return Activate(tile, step);
    case Action::kGate:
    case Action::kBlend:
      return Pair(tile, step);
  }
}

void RunProgram(const Program& program, float* scratch, float* memory, std::uint32_t* positions,
                const float* in, float* const* out, std::uint32_t frames, bool fetch) noexcept {
  std::uint32_t done = 0;
  while (done < frames) {
    const std::uint32_t n = frames - done < kTileFrames ? frames - done : kTileFrames;
    const Tile tile(program, scratch, memory, positions, n, fetch);
    float* const input = scratch + program.input_at;
    for (std::uint32_t i = 0; i < n; ++i) input[i] = in[done + i];
    for (std::uint32_t i = n; i < tile.vectors * kLanes; ++i) input[i] = 0.0F;
    Recall(tile, program.steps[program.first_past]);
    for (std::uint32_t s = 0; s < program.step_count; ++s) RunStep(tile, program.steps[s]);
    for (std::uint32_t o = 0; o < program.outputs; ++o) {
      const float* const row = tile.At(program.output) + o * program.output.stride;
      for (std::uint32_t i = 0; i < n; ++i) out[o][done + i] = row[i];
    }
    Advance(program, positions, n);
    done += n;
  }
}

// After endless silence all signals stand still: a convolution's past is what its source is
// now, again and again.
void SettleProgram(const Program& program, float* scratch, float* memory) noexcept {
  std::uint32_t positions[kMaximumRings] = {};
  const Tile tile(program, scratch, memory, positions, kTileFrames, false);
  for (std::uint32_t s = 0; s < program.step_count; ++s) {
    const ProgramStep& step = program.steps[s];
    const Past& past = step.past;
    for (std::uint32_t row = 0; past.at != kNowhere && row < step.inputs; ++row) {
      float* const kept = memory + past.at + row * past.stride;
      const float value = tile.At(step.source)[row * step.source.stride];
      const std::uint32_t count = past.frames + (past.is_ring ? kTileFrames : 0);
      for (std::uint32_t i = 0; i < count; ++i) kept[i] = value;
    }
    Recall(tile, step);
    RunStep(tile, step);
  }
}

}  // namespace
}  // namespace continuo::executor::fused
