// SPDX-License-Identifier: Apache-2.0
// A drum pattern on the 16th grid: the notes that are given, where they stand on it, and what of
// them is told to the network.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "daemon/generate/groove_format.h"
#include "shared/midi/song.h"

namespace continuo::generate::groove {

struct DrumNote {
  midi::Note note;
  int step = 0;
  int voice = -1;  // none of the nine
};

// The drums of a song.
struct DrumTrack {
  std::vector<DrumNote> notes;    // by step, then as in the song
  int ticks_per_quarter = 480;    // a multiple of four
  std::uint64_t other_notes = 0;  // of instruments that are no drums

  [[nodiscard]] midi::Tick step_ticks() const { return ticks_per_quarter / 4; }
  // Behind the last note.
  [[nodiscard]] int steps() const { return notes.empty() ? 0 : notes.back().step + 1; }
};

// Of the notes on channel 10, or of all where none is there, those that start in the first
// `maximum_steps`; none of those may be left out for its pitch. A song of odd or coarse ticks is
// taken to 480 a quarter.
[[nodiscard]] DrumTrack DrumsOf(const midi::Song& song, const Format& format, int maximum_steps);

// How much of what is given at a place stays.
enum class Standing : std::uint8_t { kOpen, kHits, kAll };

// One voice in one step.
struct Place {
  Standing standing = Standing::kOpen;
  std::uint8_t velocity = 0;       // 0 no hit, else 1 + bucket
  std::int8_t offset = kOnGrid;    // code, of a hit
  std::vector<std::size_t> notes;  // indices into DrumTrack::notes

  [[nodiscard]] std::int32_t field() const {
    if (standing == Standing::kOpen) return kUnknown;
    if (velocity == 0) return kNoHit;
    return standing == Standing::kHits ? kHit : kFirstVelocity + velocity - 1;
  }
};

// Places from step `first` of the song on.
class Pattern {
 public:
  Pattern(int first, int steps) : first_(first), places_(static_cast<std::size_t>(steps)) {}

  // The hits of a track; of several at one place the loudest.
  void Put(const DrumTrack& track);

  [[nodiscard]] int first() const { return first_; }
  [[nodiscard]] int steps() const { return static_cast<int>(places_.size()); }
  [[nodiscard]] Place& at(int step, int voice) {
    return places_[static_cast<std::size_t>(step)][static_cast<std::size_t>(voice)];
  }
  [[nodiscard]] const Place& at(int step, int voice) const {
    return places_[static_cast<std::size_t>(step)][static_cast<std::size_t>(voice)];
  }
  // Hits, of those places alone that stand.
  [[nodiscard]] int StandingHits() const;
  // The nine voices and the timing of a step, the other fields 0.
  [[nodiscard]] GridRow RowOf(int step) const;

 private:
  int first_;
  std::vector<std::array<Place, kVoices>> places_;
};

}  // namespace continuo::generate::groove
