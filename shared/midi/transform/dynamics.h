// SPDX-License-Identifier: Apache-2.0
// Transforms of velocity. Results are rounded and kept in 1 to 127.
#pragma once

#include "shared/midi/transform/setting.h"

namespace continuo::midi {

// In this order: compressed towards a centre, bent, scaled, shifted.
struct Velocity {
  static constexpr const char* kName = "velocity";
  static constexpr const char* kWhat = "changes velocities";
  double compress = 0;  // 1 brings all to the centre, -1 doubles their distance from it
  int centre = 80;
  double curve = 0;  // above 0 soft notes are louder, below 0 softer; 1 and 127 stay
  double scale = 1;
  int offset = 0;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit("compress", self.compress, Range{-1, 1}, "1: all at the centre; below 0 it expands");
    visit("centre", self.centre, Range{1, 127}, "velocity that compression leaves alone");
    visit("curve", self.curve, Range{-0.9, 0.9}, "bend: above 0 soft notes are louder");
    visit("scale", self.scale, Range{0, 4}, "factor");
    visit("offset", self.offset, Range{-126, 126}, "added at the end");
  }
};

// A crescendo or diminuendo: a factor that goes from one value to another over the
// whole bars of all that is transformed.
struct Ramp {
  static constexpr const char* kName = "ramp";
  static constexpr const char* kWhat = "makes a crescendo or diminuendo";
  double from = 0.5;
  double to = 1;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit("from", self.from, Range{0, 4}, "factor at the start");
    visit("to", self.to, Range{0, 4}, "factor at the end");
  }
};

[[nodiscard]] absl::StatusOr<Notes> Apply(const Velocity& velocity, const Setting& setting,
                                          Notes notes);
[[nodiscard]] absl::StatusOr<Notes> Apply(const Ramp& ramp, const Setting& setting, Notes notes);

}  // namespace continuo::midi
