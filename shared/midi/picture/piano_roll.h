// SPDX-License-Identifier: Apache-2.0
// A piano roll as a PNG, drawn by cairo: a lane a pitch, a line a bar and a beat, a
// colour a track, stronger where a note is louder. The same song gives the same bytes
// with the same cairo and fonts.
//
// A library of its own, so that what needs no picture (the LMMS plugin) needs no cairo.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "shared/midi/song.h"

namespace continuo::midi {

struct PictureOptions {
  int width = 1200;  // pixels, 200 to 8192
  int height = 480;  // pixels, 120 to 4096
};

// The whole song. OUT_OF_RANGE for a size that is none.
[[nodiscard]] absl::StatusOr<std::string> PianoRollPng(const Song& song,
                                                       const PictureOptions& options = {});

}  // namespace continuo::midi
