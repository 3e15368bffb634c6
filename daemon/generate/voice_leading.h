// SPDX-License-Identifier: Apache-2.0
// The rules of four-part writing, and where a song breaks them.
//
// A song has four voices if four tracks have notes, no drums among them, and none sounds two
// notes at once; the one that is highest on average is the soprano. A chord change is a time at
// which a voice takes another pitch.
// Source: the rules are those of every textbook of harmony; ranges as in Kostka and Payne,
// Tonal Harmony, a little wider where Bach's chorales are.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shared/midi/song.h"

namespace continuo::generate {

enum class FaultKind : std::uint8_t {
  kParallelFifths,
  kParallelOctaves,  // and unisons
  kCrossing,         // a voice below its lower neighbour
  kOverlap,          // a voice beyond where its neighbour was before
  kLeap,             // of more than an octave
  kSpacing,          // more than an octave between neighbours, tenor and bass aside
  kRange,            // higher or lower than the voice sings
};
inline constexpr int kFaultKinds = 7;

enum class Voice : std::uint8_t { kSoprano, kAlto, kTenor, kBass };
inline constexpr int kVoices = 4;
[[nodiscard]] const char* VoiceName(Voice voice);

struct Fault {
  FaultKind kind = FaultKind::kParallelFifths;
  midi::Tick time = 0;
  std::int64_t bar = 0;  // counted from 0
  Voice upper = Voice::kSoprano;
  Voice lower = Voice::kSoprano;  // the same for a leap and a range
};

struct VoiceLeading {
  std::uint64_t chords = 0;   // sonorities
  std::uint64_t changes = 0;  // from one to the next: chords less one
  std::vector<Fault> faults;  // by time

  [[nodiscard]] std::uint64_t Count(FaultKind kind) const;
};

// None where the song has no four voices. Of a song that midi::Validate() accepts.
[[nodiscard]] std::optional<VoiceLeading> CheckVoices(const midi::Song& song);

// "parallel fifths in bar 3 (tenor, bass)".
[[nodiscard]] std::string Describe(const Fault& fault);
// "parallel fifths".
[[nodiscard]] const char* FaultName(FaultKind kind);

// Rates for Metrics: "parallels" (fifths and octaves), "overlaps" and "leaps" a chord change;
// "crossings", "wide_spacing" and "out_of_range" a chord.
[[nodiscard]] std::map<std::string, double> RatesOf(const VoiceLeading& voices);

}  // namespace continuo::generate
