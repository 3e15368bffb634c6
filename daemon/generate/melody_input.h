// SPDX-License-Identifier: Apache-2.0
// The melody and the chords of a song that a musician brings.
#pragma once

#include <absl/status/statusor.h>

#include <vector>

#include "daemon/generate/chords.h"
#include "shared/midi/song.h"

namespace continuo::generate::melody {

struct Input {
  int ticks_per_quarter = 480;  // a multiple of four, so that a 16th is a whole number of ticks
  std::vector<midi::Note> melody{};
  std::vector<midi::Note> chords{};  // empty: it has none
};

// The melody is the track of that name, else the highest one without drums that is not played
// in chords; the chords are the track of that name, else one in which three notes sound at once
// on average. INVALID_ARGUMENT for a song of drums alone.
[[nodiscard]] absl::StatusOr<Input> ReadInput(const midi::Song& song);

// The chord that the notes sounding from `begin` to `end` make; none where fewer than two
// pitches sound.
[[nodiscard]] Chord ChordOfNotes(const std::vector<midi::Note>& notes, midi::Tick begin,
                                 midi::Tick end);

}  // namespace continuo::generate::melody
