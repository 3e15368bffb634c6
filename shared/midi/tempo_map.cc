// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/tempo_map.h"

#include <algorithm>
#include <cmath>

namespace continuo::midi {
namespace {

constexpr double kMicrosecondsPerSecond = 1e6;

}  // namespace

// kMaxTick times kMaxTempo is below 2^52: neither the sums nor a double lose a bit.
TempoMap::TempoMap(const Song& song) : ticks_per_quarter_(song.ticks_per_quarter) {
  if (song.tempos.empty() || song.tempos.front().time > 0) sections_.push_back({});
  for (const Tempo& tempo : song.tempos) {
    Section section{tempo, 0};
    if (!sections_.empty()) {
      const Section& last = sections_.back();
      section.elapsed =
          last.elapsed + (tempo.time - last.tempo.time) * std::int64_t{last.tempo.us_per_quarter};
    }
    sections_.push_back(section);
  }
}

const TempoMap::Section& TempoMap::SectionAt(Tick time) const {
  const auto after =
      std::upper_bound(sections_.begin() + 1, sections_.end(), time,
                       [](Tick t, const Section& section) { return t < section.tempo.time; });
  return *(after - 1);
}

std::uint32_t TempoMap::UsPerQuarterAt(Tick time) const {
  return SectionAt(time).tempo.us_per_quarter;
}

double TempoMap::SecondsAt(Tick time) const {
  const Section& section = SectionAt(time);
  const std::int64_t elapsed =
      section.elapsed + (time - section.tempo.time) * std::int64_t{section.tempo.us_per_quarter};
  return static_cast<double>(elapsed) / (kMicrosecondsPerSecond * ticks_per_quarter_);
}

Tick TempoMap::TickAt(double seconds) const {
  const double elapsed =
      std::max(seconds, 0.0) * kMicrosecondsPerSecond * static_cast<double>(ticks_per_quarter_);
  const auto after = std::upper_bound(sections_.begin() + 1, sections_.end(), elapsed,
                                      [](double value, const Section& section) {
                                        return value < static_cast<double>(section.elapsed);
                                      });
  const Section& section = *(after - 1);
  const double ticks =
      (elapsed - static_cast<double>(section.elapsed)) / section.tempo.us_per_quarter;
  const double latest = static_cast<double>(kMaxTick - section.tempo.time);
  return section.tempo.time + std::llround(std::min(ticks, latest));
}

}  // namespace continuo::midi
