// SPDX-License-Identifier: Apache-2.0
// Where the rows of a program and their pasts lie. Plain C++, as it is also tested under
// emulation of other processors.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "daemon/executor/fused/aligned_floats.h"
#include "daemon/executor/fused/program.h"

namespace continuo::executor::fused {

static_assert(kLineFloats * sizeof(float) == kAlignmentBytes);

// Rows an even number of cache lines apart would meet in few sets of the cache.
[[nodiscard]] constexpr std::size_t OddLines(std::size_t floats) {
  const std::size_t lines = RoundUp(floats, kLineFloats) / kLineFloats;
  return (lines + 1 - lines % 2) * kLineFloats;
}

// With room for a tile before them, of what a convolution looks back on.
[[nodiscard]] inline Rows PlaceSource(Arrangement& scratch, std::uint32_t rows) {
  Rows source;
  source.stride = OddLines(2 * std::size_t{kTileFrames});
  source.at = scratch.Place(source.stride * rows) + kTileFrames;
  return source;
}

[[nodiscard]] inline Past PlacePast(Arrangement& memory, std::vector<std::uint32_t>& ring_frames,
                                    std::uint32_t rows, std::uint32_t taps,
                                    std::uint32_t dilation) {
  Past past;
  const std::uint32_t frames = (taps - 1) * dilation;
  past.frames = static_cast<std::uint32_t>(RoundUp(frames, kLineFloats));
  past.is_ring = past.frames > kTileFrames;
  if (!past.is_ring) {
    past.near = past.frames;
    past.stride = past.frames;
  } else {
    const std::uint32_t reaching = std::min(taps - 1, (kTileFrames - 1) / dilation) * dilation;
    past.near = static_cast<std::uint32_t>(RoundUp(reaching, kLineFloats));
    past.far_taps = taps - 1 - past.near / dilation;
    past.stride = OddLines(past.frames + kTileFrames);
    past.ring = static_cast<std::uint32_t>(ring_frames.size());
    ring_frames.push_back(past.frames);
  }
  past.at = memory.Place(past.stride * rows);
  return past;
}

// Links the steps that have a past; the first of them. While one of them and those after it
// multiply, the past of the next but one comes into the cache: with each tap of four outputs a line
// of as many rows as are multiplied.
[[nodiscard]] inline std::uint32_t LinkPasts(std::vector<ProgramStep>& steps) {
  std::uint32_t next = 0;
  for (std::size_t s = steps.size(); s-- > 0;) {
    if (steps[s].past.at == kNowhere) continue;
    steps[s].next_past = next;
    next = static_cast<std::uint32_t>(s);
  }
  std::uint32_t fetched = 0, line = 0;
  for (ProgramStep& step : steps) {
    if (step.past.at != kNowhere) {
      fetched = step.next_past == 0 ? 0 : steps[step.next_past].next_past;
      line = 0;
    }
    if (step.action != Action::kConvolve) continue;
    step.fetched = fetched;
    step.fetched_line = line;
    line += step.fours * step.taps;
  }
  return next;
}

}  // namespace continuo::executor::fused
