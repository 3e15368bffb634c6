// SPDX-License-Identifier: Apache-2.0
// A piano roll as text: pitches upwards, a column each sixteenth, bar lines between,
// in systems of as many bars as fit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/midi/song.h"

namespace continuo::ctl {

struct RollView {
  std::int64_t first_bar = 0;  // counted from 0
  std::int64_t last_bar = 0;   // the last one that is shown
  std::size_t width = 80;      // columns
  // Half blocks, two pitches a row; else one, with 'o' where a note begins.
  bool unicode = true;
  std::vector<std::size_t> tracks;  // indices; empty: all
};

[[nodiscard]] bool IsShown(const RollView& view, std::size_t track);
[[nodiscard]] std::string TextRoll(const midi::Song& song, const RollView& view);

}  // namespace continuo::ctl
