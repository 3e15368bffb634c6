// SPDX-License-Identifier: Apache-2.0
// Notes as a window draws, plays and places them, and the MIDI files that carry them.
//
// Units: ticks, kTicksPerQuarter a quarter note, as LMMS counts; pitches as MIDI does.
// Threads: [any-thread], values only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace continuo::studio {

inline constexpr int kTicksPerQuarter = 48;

struct Note {
  int part = 0;  // index into Notes::parts
  std::int64_t start = 0;
  std::int64_t length = 1;
  int pitch = 60;      // 0 to 127
  int velocity = 100;  // 1 to 127

  bool operator==(const Note&) const = default;
};

struct Part {
  std::string name;  // "melody", "kick"; may be empty
  bool drums = false;

  bool operator==(const Part&) const = default;
};

struct Notes {
  std::vector<Part> parts;
  std::vector<Note> notes;  // by start within a part
  std::int64_t end = 0;     // not before the end of any note
  double tempo_bpm = 120;
  int numerator = 4;  // of the first signature
  int denominator = 4;
};

[[nodiscard]] constexpr std::int64_t TicksPerBar(int numerator, int denominator) {
  return std::int64_t{4} * kTicksPerQuarter * numerator / denominator;
}

// The notes of a Standard MIDI File, each at the tick nearest to it. False, with the
// reason in `problem`, for what is none.
[[nodiscard]] bool ReadNotes(const std::string& midi, Notes* notes, std::string* problem);

// A Standard MIDI File of these notes; empty, with the reason, where a value is out of range.
[[nodiscard]] std::string WriteNotes(const Notes& notes, std::string* problem);

// Takes a note as the daemon tells it in a partial result: one with the part, start and
// pitch of an earlier one takes its place.
void Merge(const Note& note, std::vector<Note>* notes);

}  // namespace continuo::studio
