// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/melody_cells.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "daemon/generate/key_text.h"

namespace continuo::generate::melody {
namespace {

using enum ChordQuality;

// In the order of the model's.
constexpr std::array kQualities{kMajor,     kMinor,          kDominant7,  kMajor7,
                                kMinor7,    kSuspended4,     kSuspended2, kDiminished,
                                kAugmented, kHalfDiminished7};
constexpr int kQualityCount = static_cast<int>(kQualities.size());

constexpr std::array kDensityEdges{0.5, 2.5, 4.5, 6.5, 8.5, 11.5};
constexpr std::array kTempoEdges{60.0, 70.0, 80.0, 95.0, 110.0, 130.0};
constexpr Value kLongestAge = 17;
constexpr Value kHighestCount = 12;
constexpr int kPitchesPerBucket = 3;

template <typename Edges>
std::int32_t BucketOf(const Edges& edges, double value) {
  return 1 + static_cast<std::int32_t>(std::lower_bound(edges.begin(), edges.end(), value) -
                                       edges.begin());
}

}  // namespace

const Signature* FindSignature(const midi::Meter& meter) {
  for (const Signature& signature : kSignatures) {
    if (signature.numerator == meter.numerator && signature.denominator == meter.denominator) {
      return &signature;
    }
  }
  return nullptr;
}

Token State::TokenFor(bool is_chord) const {
  return {previous_,
          is_chord ? 1 : 0,
          sounding_,
          begun_,
          harmony_,
          std::min(age_, kLongestAge),
          std::min(count_, kHighestCount)};
}

void State::Add(Value cell) {
  previous_ = cell;
  if (cell >= kChordCell) {
    harmony_ = 1 + cell - kChordCell;
  } else if (cell == kRest) {
    age_ = sounding_ > 0 ? 1 : age_ + 1;
    sounding_ = 0;
  } else if (cell == kHold) {
    ++age_;
  } else if (cell < kChordHold) {
    sounding_ = begun_ = 1 + cell - kOnset;
    age_ = 1;
    ++count_;
  }
}

Value ValueOf(const Chord& chord) {
  if (chord.is_none()) return 0;
  const ChordQuality quality = chord.quality == kDiminished7 ? kDiminished : chord.quality;
  const auto at = std::find(kQualities.begin(), kQualities.end(), quality) - kQualities.begin();
  return 1 + kQualityCount * chord.root + static_cast<Value>(at);
}

Chord ChordOf(Value chord) {
  if (chord <= 0) return {};
  return {.root = (chord - 1) / kQualityCount,
          .quality = kQualities[static_cast<std::size_t>((chord - 1) % kQualityCount)]};
}

std::int32_t DensityBucket(double notes_in_16_steps) {
  return BucketOf(kDensityEdges, notes_in_16_steps);
}

std::int32_t DensityBucketOf(double density) {
  // The first bucket is silence, which nobody asks for.
  return 2 + static_cast<std::int32_t>(std::lround(density * 5));
}

std::int32_t TempoBucket(double beats_a_minute) { return BucketOf(kTempoEdges, beats_a_minute); }

std::int32_t PitchBucket(int pitch) {
  return 1 + (std::clamp(pitch, kLowestPitch, kHighestPitch) - kLowestPitch) / kPitchesPerBucket;
}

std::int32_t KeyValue(const midi::Key& key) {
  const unsigned scale = PitchClasses(key);
  std::int32_t best = 0;
  int best_score = -1;
  for (int mode = 0; mode < 2; ++mode) {
    for (int tonic = 0; tonic < midi::kPitchesPerOctave; ++tonic) {
      const unsigned bits = PitchClasses(midi::Key{tonic, mode == 0 ? "major" : "minor"});
      // Of equals the one with the same tonic and the third that the scale has.
      const int score = 4 * std::popcount(bits & scale) + 2 * (tonic == key.tonic ? 1 : 0) +
                        ((mode == 1) == IsMinor(key) ? 1 : 0);
      if (score <= best_score) continue;
      best_score = score;
      best = 1 + tonic + mode * midi::kPitchesPerOctave;
    }
  }
  return best;
}

}  // namespace continuo::generate::melody
