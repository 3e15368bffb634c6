// SPDX-License-Identifier: Apache-2.0
// A request for a melody on the grid: what stands, and what is to be written.
//
// Problem: notes that stay must stay to the tick, though the model thinks in 16ths. So the
// sheet tells the model of them in cells, and keeps the notes themselves for the result. A note
// belongs to the 16th that is nearest to its start; one that begins where it stays is kept
// whole, also where it lasts into what is rewritten.
// The sheet spans only the bars that the model has to look at.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/generate/context.h"
#include "daemon/generate/melody_cells.h"
#include "shared/midi/random.h"

namespace continuo::generate::melody {

inline constexpr Value kOpen = -1;

struct Sheet {
  const Signature* signature = nullptr;
  int ticks_per_quarter = 480;
  midi::Tick begin = 0;             // of step 0, in the result
  midi::Tick end = 0;               // of the result
  std::vector<Value> melody;        // a step: a melody cell, or kOpen
  std::vector<Value> chords;        // a step: a chord, or kOpen
  std::vector<bool> gives_chords;   // a place of chords: it goes into the result
  std::vector<Chord> named_chords;  // a place: the chord as asked for; empty: none are asked for
  std::vector<midi::Note> kept_melody;
  std::vector<midi::Note> kept_chords;
  bool is_ended = false;  // the last step is the end of the music
  std::vector<std::string> notes;

  [[nodiscard]] int steps() const { return static_cast<int>(melody.size()); }
  [[nodiscard]] midi::Tick step_ticks() const { return ticks_per_quarter / 4; }
};

// `random` chooses what VARY rewrites; the other tasks draw nothing.
[[nodiscard]] absl::StatusOr<Sheet> LayOut(const MusicalContext& context, midi::Random& random);

// What a song has on the steps of `sheet`, nothing open: rests and no chord beyond its end.
struct Followed {
  std::vector<Value> melody;
  std::vector<Value> chords;
};
[[nodiscard]] absl::StatusOr<Followed> Follow(const midi::Song& song, const Sheet& sheet);

// The grid that the encoder reads.
[[nodiscard]] std::vector<std::int32_t> GridOf(const MusicalContext& context, const Sheet& sheet);

}  // namespace continuo::generate::melody
