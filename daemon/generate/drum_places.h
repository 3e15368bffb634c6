// SPDX-License-Identifier: Apache-2.0
// Which drum belongs where in a bar: how much the songs of a kind have of each drum on each
// sixteenth, and how well the hits of another song fit that.
//
// Problem: a snare is hit nearly everywhere, softly; where it is loud makes the groove. So hits
// count by their velocity. And what is compared is only who is where, not how busy a drum or a
// place is: that other figures see.
// Kept by the length of a bar, as the third beat of 3/4 is not that of 4/4. Drums that do the
// same work are taken together.
// Threads: read by any thread.
#pragma once

#include <absl/status/status.h>
#include <absl/types/span.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/generate/note_grid.h"

namespace continuo::generate {

inline constexpr std::size_t kDrums = 8;
// As files have them.
inline constexpr std::array<std::string_view, kDrums> kDrumNames{
    "kick", "snare", "closed hat", "open hat", "toms", "crash", "ride", "percussion"};

// Index into kDrumNames of a pitch of General MIDI.
[[nodiscard]] std::size_t DrumOf(int pitch);

class DrumPlaces {
 public:
  // By drum, [step of the bar].
  using Bar = std::array<std::vector<double>, kDrums>;
  struct Misplaced {
    std::size_t drum = 0;
    std::int64_t bar = 0;  // from 0, where it fits worst
  };

  // Of songs of drums. Bars of a length with fewer hits than kFewestHits are left out: too few to
  // know what is usual.
  [[nodiscard]] static DrumPlaces Of(absl::Span<const NoteGrid> songs);
  // From a file: what the drums of bars of `bar_steps` have, as loud hits. INVALID_ARGUMENT where
  // a row is not of `bar_steps` numbers from 0 to 1e9, or the length is there already.
  [[nodiscard]] absl::Status Add(std::int64_t bar_steps, Bar hits);

  // Mean over the hits of -ln(share of that drum among what is there / its share everywhere), in
  // nats: 0 where drums are anywhere, less where they are where they belong. None for a song
  // that is not of drums, or of bars whose length is not known.
  [[nodiscard]] std::optional<double> MisplacementOf(const NoteGrid& song) const;
  // The drum that adds most to it, and its worst bar; of a song that has a figure.
  [[nodiscard]] Misplaced WorstOf(const NoteGrid& song) const;

  [[nodiscard]] const std::map<std::int64_t, Bar>& bars() const { return hits_; }

  static constexpr std::size_t kFewestHits = 1000;
  static constexpr std::int64_t kMostSteps = 128;

 private:
  // By steps of a bar.
  std::map<std::int64_t, Bar> hits_;
  std::map<std::int64_t, Bar> misplacement_;  // of one hit
};

}  // namespace continuo::generate
