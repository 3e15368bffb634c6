// SPDX-License-Identifier: Apache-2.0
// What a song says about what should be written for it: the defaults of a request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "shared/midi/scale.h"
#include "shared/midi/song.h"

namespace continuo::generate {

struct SongFacts {
  std::optional<midi::Key> key;
  // Whether the file's key signature says so; else it was found in the notes. A signature of C
  // major counts for none: it is what programs write that were told no key.
  bool key_is_written = false;
  double tempo_bpm = 120;  // of quarters; the first one
  bool has_tempo = false;  // else 120 is the file format's default
  midi::Meter meter;       // the first one
  bool has_meter = false;
  bool meter_changes = false;
  bool drums = false;  // every note is on channel 10
  // Whole bars of `meter`, from the start to the end of the last note.
  std::int64_t bars = 0;
  std::uint64_t notes = 0;
  // Of the notes that are no drums, or, where all are, of those.
  int lowest_pitch = 0;
  int highest_pitch = 127;

  [[nodiscard]] double notes_per_bar() const {
    return bars > 0 ? static_cast<double>(notes) / static_cast<double>(bars) : 0;
  }
};

[[nodiscard]] SongFacts FactsOf(const midi::Song& song);

// Ticks of a bar; at least 1.
[[nodiscard]] midi::Tick BarTicks(const midi::Meter& meter, int ticks_per_quarter);

}  // namespace continuo::generate
