// SPDX-License-Identifier: Apache-2.0
// A song in other ticks: what must be done where a format has a resolution of its own.
#pragma once

#include <absl/status/statusor.h>

#include "shared/midi/song.h"

namespace continuo::midi {

struct Rescaled {
  Song song;
  std::size_t moved_notes = 0;  // whose start or end has no exact tick, and went to the nearest
};

// Starts and ends go to the nearest tick, so notes that met still meet.
// OUT_OF_RANGE where the song would be longer than kMaxTick, INVALID_ARGUMENT for a
// number of ticks that is none or where a beat would have none.
[[nodiscard]] absl::StatusOr<Rescaled> Rescale(const Song& song, int ticks_per_quarter);

}  // namespace continuo::midi
