// SPDX-License-Identifier: Apache-2.0
// The rows of a tile and their past, for level.cc alone.
//
// Lanes beyond the end of a block are computed and never kept, so no result depends on how
// a signal is cut.
#pragma once

#include "daemon/executor/fused/simd.h"

namespace continuo::executor::fused {
namespace {

// A state in the midst of a tile.
struct Tile {
  const Program& program;
  float* scratch;
  float* memory;
  const std::uint32_t* positions;
  std::uint32_t frames;
  std::uint32_t vectors;  // that hold them
  bool fetches;

  Tile(const Program& of, float* rows, float* kept, const std::uint32_t* at, std::uint32_t count,
       bool fetch)
      : program(of),
        scratch(rows),
        memory(kept),
        positions(at),
        frames(count),
        vectors((count + kLanes - 1) / kLanes),
        fetches(fetch) {}

  // Row 0 at the tile's first frame; nullptr if there are no rows.
  CONTINUO_INLINE float* At(const Rows& rows) const {
    return rows.at == kNowhere ? nullptr : scratch + rows.at;
  }
  // The same of a past, `delay` frames ago.
  CONTINUO_INLINE float* At(const Past& past, std::uint32_t delay) const {
    if (!past.is_ring) return memory + past.at + past.frames - delay;
    const std::uint32_t now = positions[past.ring];
    return memory + past.at + (now >= delay ? now - delay : now + past.frames - delay);
  }
  // Of what a convolution will read of its past, one cache line of row 0: as many as the tile has
  // for each tap that reads the ring, then those that are brought before the tile. nullptr: there
  // are no more.
  CONTINUO_INLINE const float* Line(const ProgramStep& step, std::uint32_t line) const {
    const std::uint32_t lines = frames <= kLineFloats ? 1 : frames <= 2 * kLineFloats ? 2 : 4;
    const Past& past = step.past;
    if (line < past.far_taps * lines) {
      const std::uint32_t delay = (step.taps - 1 - line / lines) * step.dilation;
      return At(past, delay) + line % lines * kLineFloats;
    }
    line -= past.far_taps * lines;
    return line * kLineFloats < past.near ? At(past, past.near) + line * kLineFloats : nullptr;
  }
  CONTINUO_INLINE const float* Weights(std::size_t at) const {
    return at == kNowhere ? nullptr : program.weights + at;
  }
};

// `count` frames of each row, not one more; what does not fill a vector lies over the last.
CONTINUO_INLINE void CopyRows(float* to, std::size_t to_stride, const float* from,
                              std::size_t from_stride, std::uint32_t rows, std::uint32_t count) {
  for (std::uint32_t row = 0; row < rows; ++row) {
    if (count == kTileFrames) {
      Each<kTileFrames / kLanes>(
          [&](auto v) CONTINUO_INLINED { Store(to + v * kLanes, Load(from + v * kLanes)); });
    } else {
      std::uint32_t i = 0;
      for (; i + kLanes <= count; i += kLanes) Store(to + i, Load(from + i));
      if (i < count && count >= kLanes) {
        Store(to + count - kLanes, Load(from + count - kLanes));
      } else {
        for (; i < count; ++i) to[i] = from[i];
      }
    }
    to += to_stride;
    from += from_stride;
  }
}

// Before a convolution: of its source's past what lies next to the tile. Some steps before, as
// the processor waits for a vector that lies across two which it has only just stored.
inline void Recall(const Tile& tile, const ProgramStep& step) {
  const Past& past = step.past;
  if (past.near == 0) return;
  CopyRows(tile.At(step.source) - past.near, step.source.stride, tile.At(past, past.near),
           past.stride, step.inputs, past.near);
}

// After it: the tile takes the place of what nothing will ask for any more.
inline void Remember(const Tile& tile, const ProgramStep& step) {
  const Past& past = step.past;
  const auto keep = [&](std::uint32_t place, std::uint32_t first,
                        std::uint32_t count) CONTINUO_INLINED {
    CopyRows(tile.memory + past.at + place, past.stride, tile.At(step.source) + first,
             step.source.stride, step.inputs, count);
  };
  if (!past.is_ring) {
    CopyRows(tile.memory + past.at, past.stride, tile.At(step.source) + tile.frames - past.frames,
             step.source.stride, step.inputs, past.frames);
    return;
  }
  const std::uint32_t now = tile.positions[past.ring], room = past.frames - now;
  const std::uint32_t fitting = tile.frames < room ? tile.frames : room;
  keep(now, 0, fitting);
  if (now < kTileFrames) {
    const std::uint32_t repeated = kTileFrames - now;
    keep(past.frames + now, 0, fitting < repeated ? fitting : repeated);
  }
  if (fitting == tile.frames) return;
  keep(0, fitting, tile.frames - fitting);
  keep(past.frames, fitting, tile.frames - fitting);
}

}  // namespace
}  // namespace continuo::executor::fused
