// SPDX-License-Identifier: Apache-2.0
// Transforms of a song's time: all tracks with their events, tempo, signatures and
// keys, else the parts would fall asunder.
#pragma once

#include "shared/midi/transform/setting.h"

namespace continuo::midi {

// Everything lasts that many times as long; the tempo stays, so 2 is half as fast.
struct Stretch {
  static constexpr const char* kName = "stretch";
  static constexpr const char* kWhat = "makes everything longer or shorter";
  double factor = 1;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit("factor", self.factor, Range{0.0625, 16}, "2 is twice as long; 3/2 may be written");
  }
};

// These bars alone. Of notes that sound into them the rest is kept; programs,
// controllers, tempo, signature and key are those that were in force.
struct Crop {
  static constexpr const char* kName = "crop";
  static constexpr const char* kWhat = "keeps some bars";
  int from = 1;  // counted from 1
  int to = 0;    // the last one that is kept; 0: the song's last

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit("from", self.from, Range{1, 1e6}, "first bar, counted from 1");
    visit("to", self.to, Range{0, 1e6}, "last bar; 0 is the song's last");
  }
};

// These bars several times, and then on. Notes are cut where a repeat goes back.
struct Repeat {
  static constexpr const char* kName = "repeat";
  static constexpr const char* kWhat = "plays some bars several times";
  int times = 2;
  int from = 1;
  int to = 0;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit("times", self.times, Range{1, 1024}, "how often they are heard in all");
    visit("from", self.from, Range{1, 1e6}, "first bar, counted from 1");
    visit("to", self.to, Range{0, 1e6}, "last bar; 0 is the song's last");
  }
};

// OUT_OF_RANGE where the song has no such bars, or would have more ticks or events
// than songs may have.
[[nodiscard]] absl::StatusOr<Song> Apply(const Stretch& stretch, Song song);
[[nodiscard]] absl::StatusOr<Song> Apply(const Crop& crop, Song song);
[[nodiscard]] absl::StatusOr<Song> Apply(const Repeat& repeat, Song song);

}  // namespace continuo::midi
