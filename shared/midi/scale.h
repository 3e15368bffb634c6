// SPDX-License-Identifier: Apache-2.0
// Keys and scales: "C", "Dm", "F#-dorian".
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace continuo::midi {

struct Key {
  int tonic = 0;                     // 0 is C, 11 is B
  std::string_view scale = "major";  // a name that ScaleNames() has

  bool operator==(const Key&) const = default;
};

// A tonic (C to B with # or b), then nothing or "maj" for major, "m" or "min" for
// minor, or "-" and a scale's name. INVALID_ARGUMENT that names all of them.
[[nodiscard]] absl::StatusOr<Key> ParseKey(std::string_view text);
[[nodiscard]] std::string FormatKey(const Key& key);
[[nodiscard]] std::string ScaleNames();  // "major, minor, ..."

// The intervals above the tonic as bits, bit 0 the tonic; 0 for a name that is none.
[[nodiscard]] std::uint16_t ScaleBits(std::string_view scale);

// "C4" is 60, the middle C.
[[nodiscard]] std::string PitchName(int pitch);

inline constexpr int kPitchesPerOctave = 12;
// The interval of a pitch above the tonic below it, 0 to 11.
constexpr int IntervalOf(int pitch, const Key& key) {
  return ((pitch - key.tonic) % kPitchesPerOctave + kPitchesPerOctave) % kPitchesPerOctave;
}

}  // namespace continuo::midi
