// SPDX-License-Identifier: Apache-2.0
// What a transform of notes is told of the music around them, and what a parameter is.
//
// A transform is a struct of parameters with a name, Fields(), which shows each of
// them to a visitor, and a pure function Apply(transform, setting, notes). Text, help
// and checks (chain.h) all come from Fields(), so a name or a range stands once.
#pragma once

#include <absl/status/statusor.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "shared/midi/meter_map.h"
#include "shared/midi/song.h"
#include "shared/midi/tempo_map.h"

namespace continuo::midi {

using Notes = std::vector<Note>;

struct Setting {
  const MeterMap& meters;
  const TempoMap& tempos;
  int ticks_per_quarter;
  // Whole bars around everything that is transformed in one go: what a mirror or a
  // ramp over several tracks refers to.
  Tick begin = 0;
  Tick end = 0;
  std::uint32_t part = 0;  // of several tracks, this one's number
};

// What a number may be.
struct Range {
  double lowest;
  double highest;
};

// A note value: 16 is a sixteenth, 8t an eighth triplet (three in the time of two).
struct NoteValue {
  int denominator = 16;
  bool triplet = false;

  bool operator==(const NoteValue&) const = default;
};

// A length in quarters as ticks. One multiplication and one rounding, which every
// machine does alike.
inline Tick TicksOf(double quarters, const Setting& setting) {
  return std::llround(quarters * setting.ticks_per_quarter);
}

}  // namespace continuo::midi
