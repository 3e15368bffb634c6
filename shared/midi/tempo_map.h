// SPDX-License-Identifier: Apache-2.0
// Seconds of a song whose tempo may change, to and from ticks.
#pragma once

#include <vector>

#include "shared/midi/song.h"

namespace continuo::midi {

class TempoMap {
 public:
  // Of a song that Validate() accepts.
  explicit TempoMap(const Song& song);

  // Summed in integers, so right to the last bit however many tempos came before.
  [[nodiscard]] double SecondsAt(Tick time) const;
  // The tick nearest to that moment; at most kMaxTick.
  [[nodiscard]] Tick TickAt(double seconds) const;
  [[nodiscard]] std::uint32_t UsPerQuarterAt(Tick time) const;

 private:
  struct Section {
    Tempo tempo;
    std::int64_t elapsed = 0;  // microseconds times ticks_per_quarter
  };
  [[nodiscard]] const Section& SectionAt(Tick time) const;
  int ticks_per_quarter_;
  std::vector<Section> sections_;  // at least one, the first at 0
};

}  // namespace continuo::midi
