// SPDX-License-Identifier: Apache-2.0
// The key of a song, from how long each pitch class sounds.
//
// Source: Krumhansl and Schmuckler's algorithm (Krumhansl, Cognitive Foundations of Musical
// Pitch, 1990): the durations of the twelve pitch classes are correlated with a profile of each
// of the 24 keys, the highest wins. docs/quality.md says how often it is right, and with
// which profiles.
#pragma once

#include <array>
#include <optional>

#include "shared/midi/scale.h"
#include "shared/midi/song.h"

namespace continuo::generate {

struct FoundKey {
  midi::Key key;           // major or minor
  double correlation = 0;  // with its profile, -1 to 1
  double margin = 0;       // above the next best key's
};

using PitchClassWeights = std::array<double, midi::kPitchesPerOctave>;

// Ticks that each pitch class sounds, drums (channel 10) left out.
[[nodiscard]] PitchClassWeights PitchClassDurations(const midi::Song& song);

// None where nothing sounds or every pitch class as much as any other.
[[nodiscard]] std::optional<FoundKey> FindKey(const PitchClassWeights& weights);
[[nodiscard]] std::optional<FoundKey> FindKey(const midi::Song& song);

}  // namespace continuo::generate
