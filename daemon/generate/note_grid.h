// SPDX-License-Identifier: Apache-2.0
// The notes of a song on a fixed grid of sixteenths, for measuring: at a file's own resolution
// hardly two onsets of a played song are ever at the same place.
//
// Which notes: those that are no drums (channel 10); where all are drums, those.
#pragma once

#include <cstdint>
#include <vector>

#include "shared/midi/song.h"

namespace continuo::generate {

inline constexpr int kStepsPerQuarter = 4;

struct GridNote {
  std::int64_t start = 0;  // in steps, the nearest
  std::int64_t end = 0;    // after start
  int pitch = 0;
  int velocity = 0;
  double offset = 0;  // of the played start from its step, in steps, -0.5 to 0.5
  double length = 0;  // as played, in quarters
};

struct NoteGrid {
  std::vector<GridNote> notes;  // by start, then pitch
  bool drums = false;
  std::int64_t bar_steps = 16;  // of the first signature
  // To the end of the last note; of drums, whose lengths mean nothing, to the last onset.
  std::int64_t steps = 0;
  double step_ms = 125;  // by the first tempo

  [[nodiscard]] std::int64_t bars() const { return (steps + bar_steps - 1) / bar_steps; }
};

// Of a song that midi::Validate() accepts.
[[nodiscard]] NoteGrid OnGrid(const midi::Song& song);

}  // namespace continuo::generate
