// SPDX-License-Identifier: Apache-2.0
// Transforms of how notes follow each other.
#pragma once

#include "shared/midi/transform/setting.h"

namespace continuo::midi {

// The notes from behind, mirrored in the whole bars around all that is transformed:
// a note that ended on a bar line begins on one.
struct Retrograde {
  static constexpr const char* kName = "retrograde";
  static constexpr const char* kWhat = "plays the notes from behind";

  template <class Self, class Visitor>
  static void Fields(Self&, Visitor&&) {}
};

// Each note lasts until the next one of its channel begins; notes of a chord alike.
// It never runs into the next note of its own pitch, and longer rests stay.
struct Legato {
  static constexpr const char* kName = "legato";
  static constexpr const char* kWhat = "lets each note last until the next";
  double gap = 0;      // quarters of silence before the next note
  double overlap = 0;  // quarters that a note goes on into the next
  double rest = 2;     // a note is not lengthened over a rest of more quarters

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit("gap", self.gap, Range{0, 4}, "silence before the next note, in quarters");
    visit("overlap", self.overlap, Range{0, 4}, "how far into the next note, in quarters");
    visit("rest", self.rest, Range{0, 1024}, "rests of more quarters stay");
  }
};

struct Staccato {
  static constexpr const char* kName = "staccato";
  static constexpr const char* kWhat = "shortens notes";
  double length = 0.5;  // of each note's own

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit("length", self.length, Range{0.01, 1}, "share of each note's length that is left");
  }
};

[[nodiscard]] absl::StatusOr<Notes> Apply(const Retrograde& retrograde, const Setting& setting,
                                          Notes notes);
[[nodiscard]] absl::StatusOr<Notes> Apply(const Legato& legato, const Setting& setting,
                                          Notes notes);
[[nodiscard]] absl::StatusOr<Notes> Apply(const Staccato& staccato, const Setting& setting,
                                          Notes notes);

}  // namespace continuo::midi
