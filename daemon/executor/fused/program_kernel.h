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
  Target target, sum;

  CONTINUO_INLINE void Put(std::uint32_t row, std::uint32_t frame, Vec value) const {
    if (target.rows != nullptr && target.is_plain) {
      Store(target.At(row, frame), value);
    } else if (target.rows != nullptr) {
      target.Put(row, frame, value);
    }
    if (sum.rows == nullptr) return;
    float* const to = sum.rows + row * sum.stride + frame;
    Store(to, step.begins_sum ? value : Load(to) + value);
  }
};

void Modulate(const Tile& tile, const ProgramStep& step) {
  const Result result = {step, tile.To(step.target), tile.To(step.sum)};
  const float* const source = tile.From(step.source);
  const float* const before = tile.From(step.before);
  const float* const scales = tile.From(step.condition);
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
  const Result result = {step, tile.To(step.target), tile.To(step.sum)};
  const float* const source = tile.From(step.source);
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
  const Result result = {step, tile.To(step.target), tile.To(step.sum)};
  const float* const source = tile.From(step.source);
  float* const other = tile.memory + step.source.at + step.fours * 4 * step.source.stride;
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

void Advance(const Program& program, float* memory, std::uint32_t* positions,
             std::uint32_t frames) {
  for (std::uint32_t r = 0; r < program.ring_count; ++r) {
    positions[r] += frames;
    if (positions[r] >= program.ring_frames[r]) positions[r] -= program.ring_frames[r];
  }
  for (std::uint32_t s = 0; s < program.slide_count; ++s) {
    const Slide& slide = program.slides[s];
    float* past = memory + slide.rows.at - slide.rows.past;
    for (std::uint32_t row = 0; row < slide.count; ++row) {
      for (std::uint32_t i = 0; i < slide.rows.past; i += kLanes) {
        Store(past + i, Load(past + frames + i));
      }
      past += slide.rows.stride;
    }
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

void RunProgram(const Program& program, float* memory, std::uint32_t* positions, const float* in,
                float* const* out, std::uint32_t frames) noexcept {
  std::uint32_t done = 0;
  while (done < frames) {
    const std::uint32_t n = frames - done < kTileFrames ? frames - done : kTileFrames;
    const Tile tile = {program, memory, positions, (n + kLanes - 1) / kLanes};
    float* const input = memory + program.input_at;
    for (std::uint32_t i = 0; i < n; ++i) input[i] = in[done + i];
    for (std::uint32_t i = n; i < tile.vectors * kLanes; ++i) input[i] = 0.0F;
    for (std::uint32_t s = 0; s < program.step_count; ++s) RunStep(tile, program.steps[s]);
    for (std::uint32_t o = 0; o < program.outputs; ++o) {
      const float* const row = tile.From(program.output) + o * program.output.stride;
      for (std::uint32_t i = 0; i < n; ++i) out[o][done + i] = row[i];
    }
    Advance(program, memory, positions, n);
    done += n;
  }
}

// After endless silence all signals stand still: what a step makes of a past that has
// always been the same is the past of the next.
void SettleProgram(const Program& program, float* memory) noexcept {
  std::uint32_t positions[kMaximumRings] = {};
  const Tile tile = {program, memory, positions, kTileFrames / kLanes};
  for (std::uint32_t s = 0; s < program.step_count; ++s) {
    const ProgramStep& step = program.steps[s];
    RunStep(tile, step);
    const Rows& rows = step.target;
    if (rows.at == kNowhere || (rows.ring_frames == 0 && rows.past == 0)) continue;
    for (std::uint32_t row = 0; row < step.fours * 4; ++row) {
      float* const first = memory + rows.at + row * rows.stride;
      const std::uint32_t behind = rows.ring_frames == 0 ? 0 : rows.ring_frames + kTileFrames;
      const float value = *first;
      for (float* at = first - rows.past; at < first + behind; ++at) *at = value;
    }
  }
}

}  // namespace
}  // namespace continuo::executor::fused
