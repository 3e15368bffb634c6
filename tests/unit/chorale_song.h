// SPDX-License-Identifier: Apache-2.0
// Songs for tests of four-part music, and what is counted in them.
#pragma once

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "daemon/generate/composer.h"
#include "shared/midi/smf_writer.h"
#include "shared/midi/song.h"

namespace continuo {

// Notes of a quarter, one after the other; 0 is a rest.
inline midi::Track Quarters(const std::string& name, const std::vector<int>& pitches) {
  midi::Track track{.name = name};
  for (std::size_t i = 0; i < pitches.size(); ++i) {
    if (pitches[i] == 0) continue;
    track.notes.push_back({.start = static_cast<midi::Tick>(i) * 480,
                           .length = 480,
                           .pitch = static_cast<std::uint8_t>(pitches[i])});
  }
  return track;
}

inline midi::Song SongOfTracks(std::vector<midi::Track> tracks) {
  midi::Song song;
  song.tracks = std::move(tracks);
  midi::Normalise(song);
  return song;
}

// Four bars of C major, with a note that is struck again.
inline midi::Song Melody() {
  return SongOfTracks(
      {Quarters("Soprano", {67, 67, 69, 71, 72, 71, 69, 67, 65, 67, 69, 67, 65, 64, 62, 60})});
}

inline midi::Song FourVoices() {
  return SongOfTracks(
      {Quarters("Soprano", {67, 67, 69, 71, 72, 71, 69, 67, 65, 67, 69, 67, 65, 64, 62, 60}),
       Quarters("Alto", {64, 64, 65, 62, 64, 67, 65, 64, 60, 62, 65, 64, 62, 60, 59, 55}),
       Quarters("Tenor", {60, 60, 60, 55, 55, 62, 60, 60, 57, 59, 60, 60, 57, 55, 55, 52}),
       Quarters("Bass", {48, 52, 53, 55, 48, 43, 53, 48, 41, 43, 41, 48, 50, 48, 43, 48})});
}

inline v1::GenerateRequest RequestFor(v1::GenerationTask task, const midi::Song* input) {
  v1::GenerateRequest request;
  request.set_task(task);
  if (input != nullptr) request.set_input(midi::WriteSmf(*input).value());
  return request;
}

inline v1::ModelManifest ChoraleManifest() {
  v1::ModelManifest manifest;
  manifest.set_id("chorale");
  v1::NotesSignature& notes = *manifest.mutable_notes();
  notes.set_composer("chorale");
  for (const char* task : {"harmony", "continue", "infill", "vary"}) notes.add_tasks(task);
  for (const char* voice : {"soprano", "alto", "tenor", "bass"}) notes.add_voices(voice);
  for (const char* s : {"2/4", "3/4", "4/4", "5/4", "6/4", "2/2", "3/2"}) notes.add_signatures(s);
  notes.set_steps_per_quarter(4);
  notes.set_maximum_bars(64);
  return manifest;
}

// Writes a piece to its end, or so many cells of it.
inline std::unique_ptr<generate::Piece> Written(const generate::Plan& plan,
                                                const executor::Decoder& decoder,
                                                std::uint64_t seed, std::uint64_t cells = ~0ULL) {
  auto piece = plan.Begin(seed);
  REQUIRE(piece.ok());
  const executor::Cell* cell = nullptr;
  while (cells-- > 0 && (cell = (*piece)->Next()) != nullptr) {
    REQUIRE(decoder.Next({cell, 1}).ok());
    (*piece)->Take();
  }
  return *std::move(piece);
}

// Pitches by 16ths, -1 for rests: soprano, alto, tenor, bass.
inline std::vector<std::array<int, 4>> Sixteenths(const midi::Song& song) {
  const midi::Tick step = song.ticks_per_quarter / 4;
  std::vector<std::array<int, 4>> steps(static_cast<std::size_t>(midi::EndOf(song) / step),
                                        {-1, -1, -1, -1});
  for (std::size_t v = 0; v < 4; ++v) {
    for (const midi::Note& note : song.tracks.at(v).notes) {
      for (midi::Tick t = note.start / step; t < note.end() / step; ++t) {
        steps[static_cast<std::size_t>(t)][v] = note.pitch;
      }
    }
  }
  return steps;
}

struct VoiceLeading {
  int parallels = 0;
  int crossings = 0;  // pairs of voices and steps
  int changes = 0;    // of the chord
};

inline VoiceLeading LeadingOf(const std::vector<std::array<int, 4>>& steps) {
  VoiceLeading found;
  for (std::size_t t = 0; t < steps.size(); ++t) {
    const auto& now = steps[t];
    const auto& last = steps[t > 0 ? t - 1 : t];
    found.changes += now != last ? 1 : 0;
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t j = i + 1; j < 4; ++j) {
        if (now[i] < 0 || now[j] < 0) continue;
        found.crossings += now[i] < now[j] ? 1 : 0;
        if (last[i] < 0 || last[j] < 0) continue;
        const int before = ((last[i] - last[j]) % 12 + 12) % 12;
        const int after = ((now[i] - now[j]) % 12 + 12) % 12;
        const bool same_direction = (now[i] - last[i]) * (now[j] - last[j]) > 0;
        found.parallels += same_direction && before == after && before % 7 == 0 ? 1 : 0;
      }
    }
  }
  return found;
}

}  // namespace continuo
