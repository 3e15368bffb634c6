// SPDX-License-Identifier: Apache-2.0
// A few notes through a chain, as its text.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "shared/midi/transform/chain.h"

namespace continuo::midi {

inline Song SongOf(std::vector<Note> notes, int ticks_per_quarter = 480) {
  Song song{.ticks_per_quarter = ticks_per_quarter};
  song.tracks.push_back({.name = "", .notes = std::move(notes)});
  Normalise(song);
  return song;
}

inline absl::StatusOr<Song> Transformed(const std::string& text, const Song& song) {
  const absl::StatusOr<Chain> chain = ParseChain(text);
  if (!chain.ok()) return chain.status();
  return ApplyChain(*chain, song);
}

inline std::vector<Note> NotesAfter(const std::string& text, std::vector<Note> notes) {
  const absl::StatusOr<Song> song = Transformed(text, SongOf(std::move(notes)));
  INFO(text << ": " << song.status());
  REQUIRE(song.ok());
  return song->tracks[0].notes;
}

inline std::vector<Tick> StartsAfter(const std::string& text, const std::vector<Tick>& starts) {
  std::vector<Note> notes;
  for (const Tick start : starts) notes.push_back({.start = start, .length = 10});
  std::vector<Tick> result;
  for (const Note& note : NotesAfter(text, notes)) result.push_back(note.start);
  return result;
}

inline std::vector<int> PitchesAfter(const std::string& text, const std::vector<int>& pitches) {
  std::vector<Note> notes;
  for (const int pitch : pitches) {
    notes.push_back({.start = static_cast<Tick>(notes.size()) * 480,
                     .length = 240,
                     .pitch = static_cast<std::uint8_t>(pitch)});
  }
  std::vector<int> result;
  for (const Note& note : NotesAfter(text, notes)) result.push_back(note.pitch);
  return result;
}

inline std::vector<int> VelocitiesAfter(const std::string& text, const std::vector<int>& values) {
  std::vector<Note> notes;
  for (const int value : values) {
    notes.push_back({.start = static_cast<Tick>(notes.size()) * 480,
                     .length = 240,
                     .velocity = static_cast<std::uint8_t>(value)});
  }
  std::vector<int> result;
  for (const Note& note : NotesAfter(text, notes)) result.push_back(note.velocity);
  return result;
}

inline std::string ErrorOf(const std::string& text, const Song& song = SongOf({{}})) {
  const absl::StatusOr<Song> result = Transformed(text, song);
  CHECK_FALSE(result.ok());
  return std::string(result.status().message());
}

}  // namespace continuo::midi
