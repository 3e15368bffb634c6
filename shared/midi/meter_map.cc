// SPDX-License-Identifier: Apache-2.0
#include "shared/midi/meter_map.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

namespace continuo::midi {
namespace {

std::int64_t CeilingOf(std::int64_t numerator, std::int64_t denominator) {
  return (numerator + denominator - 1) / denominator;
}

}  // namespace

MeterMap::MeterMap(const Song& song) : whole_(std::int64_t{4} * song.ticks_per_quarter) {
  if (song.meters.empty() || song.meters.front().time > 0) sections_.push_back({});
  for (const Meter& meter : song.meters) {
    Section section{meter, 0};
    if (!sections_.empty()) {
      const Section& last = sections_.back();
      const Tick ticks = meter.time - last.meter.time;
      section.first_bar =
          last.first_bar + CeilingOf(ticks * last.meter.denominator, whole_ * last.meter.numerator);
    }
    sections_.push_back(section);
  }
}

const MeterMap::Section& MeterMap::SectionAt(Tick time) const {
  const auto after =
      std::upper_bound(sections_.begin() + 1, sections_.end(), time,
                       [](Tick t, const Section& section) { return t < section.meter.time; });
  return *(after - 1);
}

const Meter& MeterMap::MeterAt(Tick time) const { return SectionAt(time).meter; }

Position MeterMap::PositionOf(Tick time) const {
  const Section& section = SectionAt(time);
  const Meter& meter = section.meter;
  const Tick since = time - meter.time;
  const std::int64_t beats = since * meter.denominator / whole_;
  return {section.first_bar + beats / meter.numerator, static_cast<int>(beats % meter.numerator),
          since - CeilingOf(beats * whole_, meter.denominator)};
}

Tick MeterMap::TickOf(const Position& position) const {
  const auto after = std::upper_bound(
      sections_.begin() + 1, sections_.end(), position.bar,
      [](std::int64_t bar, const Section& section) { return bar < section.first_bar; });
  const Section& section = *(after - 1);
  const Meter& meter = section.meter;
  const std::int64_t beats = (position.bar - section.first_bar) * meter.numerator + position.beat;
  return meter.time + CeilingOf(beats * whole_, meter.denominator) + position.tick;
}

Tick MeterMap::BarStart(std::int64_t bar) const { return TickOf({bar, 0, 0}); }

Tick MeterMap::BarLineFrom(Tick time) const {
  const std::int64_t bar = PositionOf(time).bar;
  const Tick start = BarStart(bar);
  return start == time ? start : BarStart(bar + 1);
}

std::string MeterMap::Describe(Tick time) const {
  const Position position = PositionOf(time);
  return absl::StrCat("bar ", position.bar + 1, ", beat ", position.beat + 1);
}

}  // namespace continuo::midi
