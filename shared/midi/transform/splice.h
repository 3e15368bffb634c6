// SPDX-License-Identifier: Apache-2.0
// A song put together of pieces of another, one after the other.
//
// A note belongs to the piece in which it starts, and goes on beyond its end where the
// next piece does so too. Of notes that sound into the first piece the rest is kept.
// Where a piece does not follow from the one before, the programs, controllers, bends,
// tempo, signature and key that were in force at its start are said anew.
#pragma once

#include <vector>

#include "shared/midi/song.h"

namespace continuo::midi {

struct Piece {
  Tick begin = 0;
  Tick end = 0;  // not before begin
};

[[nodiscard]] Song Splice(const Song& song, const std::vector<Piece>& pieces);

}  // namespace continuo::midi
