// SPDX-License-Identifier: Apache-2.0
// What makes two notes of two songs the same, and which of two songs' notes are.
#pragma once

#include <compare>
#include <cstddef>
#include <vector>

#include "shared/midi/song.h"

namespace continuo::midi {

// A note's start in ticks of 960 a quarter, length so too, and pitch.
struct NoteIdentity {
  Tick start;
  Tick length;
  int pitch;
  auto operator<=>(const NoteIdentity&) const = default;
};
[[nodiscard]] NoteIdentity IdentityOf(const Note& note, int ticks_per_quarter);
// In the order of the tracks and their notes.
[[nodiscard]] std::vector<NoteIdentity> IdentitiesOf(const Song& song);

// Of each note, whether the other side has it too; one for one, so that of a note that stands
// twice on one side and once on the other one is left over.
struct MatchedNotes {
  std::vector<bool> left;
  std::vector<bool> right;
  std::size_t count = 0;  // on each side
};
[[nodiscard]] MatchedNotes Match(const std::vector<NoteIdentity>& left,
                                 const std::vector<NoteIdentity>& right);

}  // namespace continuo::midi
