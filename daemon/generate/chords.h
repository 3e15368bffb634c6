// SPDX-License-Identifier: Apache-2.0
// Chords as musicians write them in bars: "Dm | G7 | C A7 | F/A".
//
// Bars are divided by |, the chords of one by spaces; they share it evenly. "%" repeats the
// chord before, "N.C." (or "NC", "N") is a stretch without one. An empty bar repeats the bar
// before it. A bar line may stand at either end.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace continuo::generate {

enum class ChordQuality : std::uint8_t {
  kMajor,
  kMinor,
  kDiminished,
  kAugmented,
  kDominant7,
  kMajor7,
  kMinor7,
  kHalfDiminished7,
  kDiminished7,
  kSuspended2,
  kSuspended4,
};
inline constexpr int kChordQualities = 11;

struct Chord {
  int root = -1;  // pitch class, 0 is C; -1: none
  ChordQuality quality = ChordQuality::kMajor;
  int bass = -1;  // pitch class below a slash; -1: the root

  [[nodiscard]] bool is_none() const { return root < 0; }
  bool operator==(const Chord&) const = default;
};

using ChordBar = std::vector<Chord>;  // at least one
inline constexpr std::size_t kMaxChordBars = 256;
inline constexpr std::size_t kMaxChordsPerBar = 16;

// INVALID_ARGUMENT that names the bar and the chord. What is written beyond the eleven
// qualities is taken for the nearest: 6 as major, m6 as minor, 9, 11 and 13 as the seventh.
[[nodiscard]] absl::StatusOr<std::vector<ChordBar>> ParseChords(std::string_view text);

// Text that ParseChords() reads as the same bars.
[[nodiscard]] std::string FormatChords(const std::vector<ChordBar>& bars);
[[nodiscard]] std::string FormatChord(const Chord& chord);

// Pitch classes of a chord as bits, bit 0 is C; the bass is among them. None: 0.
[[nodiscard]] std::uint16_t PitchClasses(const Chord& chord);

// The chord that sounds at `numerator`/`denominator` of a bar; bars beyond the last begin again
// with the first. `bars` may be empty: none.
[[nodiscard]] Chord ChordAt(const std::vector<ChordBar>& bars, std::size_t bar,
                            std::size_t numerator, std::size_t denominator);

}  // namespace continuo::generate
