// SPDX-License-Identifier: Apache-2.0
// Reading and writing the rows of a program, for level.cc alone.
//
// A ring is read in one piece, as its first kTileFrames frames are repeated behind
// its end. Lanes beyond the end of a block are computed and never read again, so no
// result depends on how a signal is cut.
#pragma once

#include "daemon/executor/fused/simd.h"

namespace continuo::executor::fused {
namespace {

// Where a step writes.
struct Target {
  float* rows;  // nullptr: nowhere
  std::size_t stride;
  std::uint32_t ring_frames;  // 0: no ring
  std::uint32_t position;
  bool is_plain;  // nothing of this tile has to be repeated, nor goes beyond the end

  Target() : rows(nullptr), stride(0), ring_frames(0), position(0), is_plain(true) {}
  Target(float* first, const Rows& of, std::uint32_t now)
      : rows(first),
        stride(of.stride),
        ring_frames(of.ring_frames),
        position(now),
        is_plain(ring_frames == 0 || (now >= kTileFrames && now + kTileFrames <= ring_frames)) {}

  CONTINUO_INLINE float* At(std::uint32_t row, std::uint32_t frame) const {
    return rows + row * stride + position + frame;
  }
  // Where it is not plain.
  CONTINUO_INLINE void Put(std::uint32_t row, std::uint32_t frame, Vec value) const {
    std::uint32_t place = position + frame;
    if (place >= ring_frames) place -= ring_frames;
    float* const to = rows + row * stride + place;
    Store(to, value);
    if (place < kTileFrames) Store(to + ring_frames, value);
    // Across the end: the lanes from frame 0 on; the others fall before the row.
    if (place + kLanes > ring_frames) Store(to - ring_frames, value);
  }
};

// A state in the midst of a tile.
struct Tile {
  const Program& program;
  float* memory;
  const std::uint32_t* positions;
  std::uint32_t vectors;  // of the tile

  // Row 0 at the tile's first frame, `delay` frames ago; nullptr if there are no rows.
  CONTINUO_INLINE const float* From(const Rows& rows, std::uint32_t delay = 0) const {
    if (rows.at == kNowhere) return nullptr;
    if (rows.ring_frames == 0) return memory + rows.at - delay;
    const std::uint32_t now = positions[rows.ring];
    return memory + rows.at + (now >= delay ? now - delay : now + rows.ring_frames - delay);
  }
  CONTINUO_INLINE Target To(const Rows& rows) const {
    if (rows.at == kNowhere) return {};
    return {memory + rows.at, rows, rows.ring_frames == 0 ? 0 : positions[rows.ring]};
  }
  CONTINUO_INLINE const float* Weights(std::size_t at) const {
    return at == kNowhere ? nullptr : program.weights + at;
  }
};

}  // namespace
}  // namespace continuo::executor::fused
