// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/key_finding.h"

#include <cmath>
#include <numeric>

namespace continuo::generate {
namespace {

constexpr std::size_t kOctave = midi::kPitchesPerOctave;

// Source: Aarden, Dynamic Melodic Expectancy (thesis, Ohio State University, 2003): how often
// each degree comes in the Essen folk songs.
constexpr PitchClassWeights kMajor{17.7661,  0.145624, 14.9265,  0.160186, 19.8049,  11.3587,
                                   0.291248, 22.062,   0.145624, 8.15494,  0.232998, 4.95122};
constexpr PitchClassWeights kMinor{18.2648,  0.737619, 14.0499, 16.8599, 0.702494, 14.4362,
                                   0.702494, 18.6161,  4.56621, 1.93186, 7.37619,  1.75623};

double Mean(const PitchClassWeights& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(kOctave);
}

// Pearson's correlation of the weights, turned so that `tonic` comes first, with a profile.
// NaN where one of them is constant.
double Correlation(const PitchClassWeights& weights, std::size_t tonic,
                   const PitchClassWeights& profile) {
  const double mean = Mean(weights);
  const double profile_mean = Mean(profile);
  double both = 0;
  double left = 0;
  double right = 0;
  for (std::size_t i = 0; i < kOctave; ++i) {
    const double a = weights[(i + tonic) % kOctave] - mean;
    const double b = profile[i] - profile_mean;
    both += a * b;
    left += a * a;
    right += b * b;
  }
  return both / std::sqrt(left * right);
}

}  // namespace

PitchClassWeights PitchClassDurations(const midi::Song& song) {
  PitchClassWeights weights{};
  for (const midi::Track& track : song.tracks) {
    for (const midi::Note& note : track.notes) {
      if (note.channel == midi::kDrumChannel) continue;
      weights[note.pitch % kOctave] += static_cast<double>(note.length);
    }
  }
  return weights;
}

std::optional<FoundKey> FindKey(const PitchClassWeights& weights) {
  FoundKey found{.key = {}, .correlation = -2, .margin = 0};
  double second = -2;
  for (std::size_t tonic = 0; tonic < kOctave; ++tonic) {
    for (const bool minor : {false, true}) {
      const double correlation = Correlation(weights, tonic, minor ? kMinor : kMajor);
      if (!std::isfinite(correlation)) return std::nullopt;
      if (correlation > found.correlation) {
        second = found.correlation;
        found.key = {static_cast<int>(tonic), minor ? "minor" : "major"};
        found.correlation = correlation;
      } else if (correlation > second) {
        second = correlation;
      }
    }
  }
  found.margin = found.correlation - second;
  return found;
}

std::optional<FoundKey> FindKey(const midi::Song& song) {
  return FindKey(PitchClassDurations(song));
}

}  // namespace continuo::generate
