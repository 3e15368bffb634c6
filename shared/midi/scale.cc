// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/scale.h"

#include <absl/strings/str_cat.h>

#include <array>

namespace continuo::midi {
namespace {

struct Scale {
  std::string_view name;
  std::uint16_t bits;
};

constexpr std::uint16_t Bits(std::initializer_list<int> intervals) {
  unsigned bits = 0;
  for (const int interval : intervals) bits |= 1U << interval;
  return static_cast<std::uint16_t>(bits);
}

constexpr std::array<Scale, 14> kScales{{
    {"major", Bits({0, 2, 4, 5, 7, 9, 11})},
    {"minor", Bits({0, 2, 3, 5, 7, 8, 10})},
    {"harmonic-minor", Bits({0, 2, 3, 5, 7, 8, 11})},
    {"melodic-minor", Bits({0, 2, 3, 5, 7, 9, 11})},
    {"dorian", Bits({0, 2, 3, 5, 7, 9, 10})},
    {"phrygian", Bits({0, 1, 3, 5, 7, 8, 10})},
    {"lydian", Bits({0, 2, 4, 6, 7, 9, 11})},
    {"mixolydian", Bits({0, 2, 4, 5, 7, 9, 10})},
    {"locrian", Bits({0, 1, 3, 5, 6, 8, 10})},
    {"pentatonic", Bits({0, 2, 4, 7, 9})},
    {"minor-pentatonic", Bits({0, 3, 5, 7, 10})},
    {"blues", Bits({0, 3, 5, 6, 7, 10})},
    {"whole-tone", Bits({0, 2, 4, 6, 8, 10})},
    {"chromatic", 0xFFF},
}};

constexpr std::array<const char*, kPitchesPerOctave> kTonics{"C",  "C#", "D",  "Eb", "E",  "F",
                                                             "F#", "G",  "Ab", "A",  "Bb", "B"};

absl::Status WrongKey(std::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(
      "'", std::string(text.substr(0, 40)),
      "' is no key; C, F#, Dm or D-dorian is expected, the scale one of ", ScaleNames()));
}

}  // namespace

std::uint16_t ScaleBits(std::string_view scale) {
  for (const Scale& known : kScales) {
    if (known.name == scale) return known.bits;
  }
  return 0;
}

std::string ScaleNames() {
  std::string names;
  for (const Scale& scale : kScales) {
    if (!names.empty()) names += ", ";
    names += scale.name;
  }
  return names;
}

absl::StatusOr<Key> ParseKey(std::string_view text) {
  constexpr std::array<int, 7> kNaturals{9, 11, 0, 2, 4, 5, 7};  // A to G
  if (text.empty() || text[0] < 'A' || text[0] > 'G') return WrongKey(text);
  int tonic = kNaturals[static_cast<std::size_t>(text[0] - 'A')];
  std::string_view rest = text.substr(1);
  if (!rest.empty() && (rest[0] == '#' || rest[0] == 'b')) {
    tonic = (tonic + (rest[0] == '#' ? 1 : kPitchesPerOctave - 1)) % kPitchesPerOctave;
    rest.remove_prefix(1);
  }
  if (rest.empty() || rest == "maj") return Key{tonic, "major"};
  if (rest == "m" || rest == "min") return Key{tonic, "minor"};
  if (rest[0] == '-') {
    for (const Scale& scale : kScales) {
      if (scale.name == rest.substr(1)) return Key{tonic, scale.name};
    }
  }
  return WrongKey(text);
}

std::string PitchName(int pitch) {
  return absl::StrCat(kTonics[static_cast<std::size_t>(pitch % kPitchesPerOctave)],
                      pitch / kPitchesPerOctave - 1);
}

std::string FormatKey(const Key& key) {
  const std::string tonic = kTonics[static_cast<std::size_t>(key.tonic)];
  if (key.scale == "major") return tonic;
  if (key.scale == "minor") return tonic + "m";
  return absl::StrCat(tonic, "-", std::string(key.scale));
}

}  // namespace continuo::midi
