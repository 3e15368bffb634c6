// SPDX-License-Identifier: Apache-2.0
// Transforms of pitch. They leave the drum channel (10) alone unless `drums` is set:
// there a pitch is an instrument. A pitch that would leave 0 to 127 is OUT_OF_RANGE,
// and the message names the note.
#pragma once

#include <optional>

#include "shared/midi/scale.h"
#include "shared/midi/transform/setting.h"

namespace continuo::midi {

struct Transpose {
  static constexpr const char* kName = "transpose";
  static constexpr const char* kWhat = "moves all pitches";
  int semitones = 0;
  bool drums = false;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit("semitones", self.semitones, Range{-127, 127}, "12 is an octave up");
    visit("drums", self.drums, "channel 10 too");
  }
};

// Mirrors pitches about one: what was a third above is a third below. In a key,
// degrees are mirrored instead of semitones, and what is foreign to the scale stays as
// far from its degree, on the other side. Twice is nothing for what is in the scale.
struct Invert {
  static constexpr const char* kName = "invert";
  static constexpr const char* kWhat = "mirrors pitches about one";
  std::optional<int> pivot;  // none: each track's first note
  Key key{0, "chromatic"};
  bool drums = false;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit("pivot", self.pivot, Range{0, 127}, "pitch that stays; else each track's first");
    visit("key", self.key, "scale whose degrees are mirrored, as Dm or C-dorian");
    visit("drums", self.drums, "channel 10 too");
  }
};

// Pitches go to the nearest of a scale. Between two, to the one that is the tonic,
// else the fifth, else the third; where neither is, to the lower one.
struct Snap {
  static constexpr const char* kName = "snap";
  static constexpr const char* kWhat = "moves pitches into a scale";
  Key key;
  bool drums = false;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit("key", self.key, "as C, Dm, F#-dorian");
    visit("drums", self.drums, "channel 10 too");
  }
};

[[nodiscard]] absl::StatusOr<Notes> Apply(const Transpose& transpose, const Setting& setting,
                                          Notes notes);
[[nodiscard]] absl::StatusOr<Notes> Apply(const Invert& invert, const Setting& setting,
                                          Notes notes);
[[nodiscard]] absl::StatusOr<Notes> Apply(const Snap& snap, const Setting& setting, Notes notes);

}  // namespace continuo::midi
