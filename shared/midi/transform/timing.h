// SPDX-License-Identifier: Apache-2.0
// Transforms of when notes begin: to a grid, and away from it.
#pragma once

#include "shared/midi/transform/setting.h"

namespace continuo::midi {

// Notes go to the nearest line of a grid that begins anew in each bar; between two
// lines, to the later one. With swing, each second line of the bar comes late.
struct Quantise {
  static constexpr const char* kName = "quantise";
  static constexpr const char* kWhat = "moves notes to a grid";
  NoteValue grid;
  double strength = 1;  // of the way that is gone
  double swing = 0;     // of a grid step: 0.333 is triplet swing
  bool ends = false;    // ends too, else lengths stay

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit("grid", self.grid, Range{1, 128}, "note value of the grid, t for triplets");
    visit("strength", self.strength, Range{0, 1}, "share of the way to the line");
    visit("swing", self.swing, Range{0, 0.9}, "how late each second line is, in steps");
    visit("ends", self.ends, "ends go to the grid too");
  }
};

// Starts and velocities vary around what they were, in a bell curve that ends at
// 3.46 times the deviation. Seeded: the same notes and seed give the same notes on
// every machine; tracks of one song differ.
struct Humanise {
  static constexpr const char* kName = "humanise";
  static constexpr const char* kWhat = "varies starts and velocities a little";
  double time = 8;      // standard deviation in milliseconds
  double velocity = 6;  // standard deviation
  std::uint64_t seed = 0;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit("time", self.time, Range{0, 200}, "standard deviation of starts, in milliseconds");
    visit("velocity", self.velocity, Range{0, 40}, "standard deviation of velocities");
    visit("seed", self.seed, "another seed, other notes");
  }
};

[[nodiscard]] absl::StatusOr<Notes> Apply(const Quantise& quantise, const Setting& setting,
                                          Notes notes);
[[nodiscard]] absl::StatusOr<Notes> Apply(const Humanise& humanise, const Setting& setting,
                                          Notes notes);

}  // namespace continuo::midi
