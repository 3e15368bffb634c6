// SPDX-License-Identifier: Apache-2.0
// Piano rolls of several songs in one picture, to be compared: one scale of time and pitch for
// all, each with a title, a line of details and its score as a bar. Two stand side by side, more
// in rows of two. A note that one of two songs has and the other has not stands out; what
// they share is pale.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <vector>

#include "shared/midi/song.h"

namespace continuo::midi {

inline constexpr std::size_t kMaxCompared = 16;

struct ComparedSong {
  Song song;
  std::string title;
  std::string details{};
  std::optional<double> score{};  // 0 to 1
};

struct ComparisonOptions {
  int width = 1600;        // pixels, 400 to 8192, of all
  int panel_height = 420;  // pixels, 160 to 2048, of each
};

// INVALID_ARGUMENT for no song or more than kMaxCompared; OUT_OF_RANGE for a size that is none.
[[nodiscard]] absl::StatusOr<std::string> ComparisonPng(std::vector<ComparedSong> songs,
                                                        const ComparisonOptions& options = {});

}  // namespace continuo::midi
