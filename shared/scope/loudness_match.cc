// SPDX-License-Identifier: Apache-2.0
#include "shared/scope/loudness_match.h"

#include <algorithm>

namespace continuo::scope {

LoudnessMatch::LoudnessMatch(double sample_rate_hz)
    : sample_rate_hz_(sample_rate_hz),
      heard_{Heard{Loudness(sample_rate_hz), Loudness(sample_rate_hz)},
             Heard{Loudness(sample_rate_hz), Loudness(sample_rate_hz)}} {}

void LoudnessMatch::Hear(std::size_t side, const Excerpt& excerpt, std::size_t frames) {
  Heard& heard = heard_.at(side);
  heard.input.Hear(excerpt.input, frames);
  heard.output.Hear(excerpt.output, frames);
  heard.seconds += static_cast<double>(frames) / sample_rate_hz_;
}

void LoudnessMatch::Forget(std::size_t side) {
  heard_.at(side) = {Loudness(sample_rate_hz_), Loudness(sample_rate_hz_)};
}

std::optional<double> LoudnessMatch::RaisedDb(std::size_t side) const {
  const Heard& heard = heard_.at(side);
  if (heard.seconds < kLeastSeconds) return std::nullopt;
  const auto input = heard.input.Lufs();
  const auto output = heard.output.Lufs();
  if (!input || !output) return std::nullopt;
  return *output - *input;
}

double LoudnessMatch::GainDb(std::size_t side) const {
  const auto own = RaisedDb(side);
  const auto other = RaisedDb(1 - side);
  return own && other ? -std::clamp(*own - *other, 0.0, kMostDb) : 0.0;
}

}  // namespace continuo::scope
