// SPDX-License-Identifier: Apache-2.0
// Small songs for tests of what is measured.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "shared/midi/random.h"
#include "shared/midi/song.h"

namespace continuo::generate {

// 480 ticks a quarter, 4/4.
struct Q {
  double start;   // in quarters
  double length;  // in quarters
  int pitch;
  int velocity = 100;
};

inline midi::Track TrackOf(const std::vector<Q>& notes, int channel = 0) {
  midi::Track track{.name = {}};
  for (const Q& note : notes) {
    track.notes.push_back({.start = static_cast<midi::Tick>(note.start * 480),
                           .length = static_cast<midi::Tick>(note.length * 480),
                           .pitch = static_cast<std::uint8_t>(note.pitch),
                           .velocity = static_cast<std::uint8_t>(note.velocity),
                           .channel = static_cast<std::uint8_t>(channel)});
  }
  return track;
}

inline midi::Song SongOf(std::vector<midi::Track> tracks) {
  midi::Song song;
  song.tracks = std::move(tracks);
  midi::Normalise(song);
  return song;
}

// Four voices, a chord a quarter, soprano first.
inline midi::Song FourParts(const std::vector<std::array<int, 4>>& chords) {
  std::vector<midi::Track> tracks;
  for (std::size_t voice = 0; voice < 4; ++voice) {
    std::vector<Q> notes;
    for (std::size_t i = 0; i < chords.size(); ++i) {
      notes.push_back({static_cast<double>(i), 1, chords[i][voice]});
    }
    tracks.push_back(TrackOf(notes));
  }
  return SongOf(std::move(tracks));
}

// A walk over the scale of C major in quarters and eighths, by seed: songs of one kind, each
// with a density and a way of moving of its own.
inline midi::Song Walk(std::uint64_t seed, int bars = 4) {
  constexpr std::array<int, 7> kMajor{0, 2, 4, 5, 7, 9, 11};
  midi::Random random(seed);
  const auto up_to = [&random](std::uint64_t count) {
    return static_cast<int>(random.Next() % count);
  };
  const int eighths = up_to(8);
  const int widest = 1 + up_to(3);
  std::vector<Q> notes;
  int degree = up_to(7);
  for (double at = 0; at < bars * 4;) {
    const double length = std::min(up_to(10) < eighths ? 0.5 : 1.0, bars * 4 - at);
    notes.push_back(
        {at, length, 60 + degree / 7 * 12 + kMajor[static_cast<std::size_t>(degree % 7)]});
    at += length;
    degree = std::clamp(degree + up_to(static_cast<std::uint64_t>(2 * widest + 1)) - widest, 0, 13);
  }
  return SongOf({TrackOf(notes)});
}

// The same onsets, with pitches of no key.
inline midi::Song WithRandomPitches(midi::Song song, std::uint64_t seed) {
  midi::Random random(seed, 1);
  for (midi::Track& track : song.tracks) {
    for (midi::Note& note : track.notes) {
      note.pitch = static_cast<std::uint8_t>(48 + random.Next() % 37);
    }
  }
  midi::Normalise(song);
  return song;
}

inline midi::Song WithOnePitch(midi::Song song) {
  for (midi::Track& track : song.tracks) {
    for (midi::Note& note : track.notes) note.pitch = 60;
  }
  midi::Normalise(song);
  return song;
}

}  // namespace continuo::generate
