// SPDX-License-Identifier: Apache-2.0
// Bars and beats of a song whose signature may change, to and from ticks.
//
// Bars and beats count from 0 here; people are told them from 1. A signature that
// comes in the middle of a bar ends that bar. Where a beat is no whole number of
// ticks, a bar line is the first tick not before its exact place, counted from the
// signature, so that nothing drifts.
#pragma once

#include <string>
#include <vector>

#include "shared/midi/song.h"

namespace continuo::midi {

struct Position {
  std::int64_t bar = 0;
  int beat = 0;   // beats are the signature's denominator
  Tick tick = 0;  // since the beat

  bool operator==(const Position&) const = default;
};

class MeterMap {
 public:
  // Of a song that Validate() accepts.
  explicit MeterMap(const Song& song);

  [[nodiscard]] Position PositionOf(Tick time) const;
  [[nodiscard]] Tick TickOf(const Position& position) const;
  [[nodiscard]] Tick BarStart(std::int64_t bar) const;
  // The first bar line not before `time`.
  [[nodiscard]] Tick BarLineFrom(Tick time) const;
  [[nodiscard]] const Meter& MeterAt(Tick time) const;
  // "bar 3, beat 2", counted from 1.
  [[nodiscard]] std::string Describe(Tick time) const;

 private:
  // A signature and the bars it governs.
  struct Section {
    Meter meter;
    std::int64_t first_bar = 0;
  };
  [[nodiscard]] const Section& SectionAt(Tick time) const;
  // Ticks of a whole note: exact times are n * whole_ / denominator.
  std::int64_t whole_;
  std::vector<Section> sections_;  // at least one, the first at 0
};

}  // namespace continuo::midi
