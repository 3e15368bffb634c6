// SPDX-License-Identifier: Apache-2.0
// What the tests of the melody composer share: its manifest, requests, and a song to work on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/generate/melody.h"
#include "daemon/generate/melody_cells.h"
#include "shared/midi/smf_writer.h"

namespace continuo::test {

inline v1::ModelManifest MelodyManifest() {
  v1::ModelManifest manifest;
  manifest.set_id("melody");
  manifest.set_task(v1::TASK_NOTES);
  v1::NotesSignature& notes = *manifest.mutable_notes();
  for (const char* task : {"melody", "continue", "infill", "vary"}) notes.add_tasks(task);
  for (const char* voice : {"melody", "chords"}) notes.add_voices(voice);
  for (const char* style : {"pop", "chorale"}) notes.add_styles(style);
  for (const char* signature : {"3/4", "4/4", "5/4", "6/8"}) notes.add_signatures(signature);
  notes.set_composer("melody");
  notes.set_steps_per_quarter(4);
  notes.set_maximum_bars(64);
  return manifest;
}

inline v1::GenerateRequest MelodyRequest(v1::GenerationTask task, std::uint32_t bars = 0) {
  v1::GenerateRequest request;
  request.set_task(task);
  request.set_bars(bars);
  return request;
}

inline void SetSignature(v1::GenerateRequest* request, int numerator, int denominator) {
  request->set_signature_numerator(static_cast<std::uint32_t>(numerator));
  request->set_signature_denominator(static_cast<std::uint32_t>(denominator));
}

// A tune of quarters and eighths in D minor, 480 ticks a quarter, as people play: every start and
// length is some ticks off. With chords, if asked for, of two bars each.
inline midi::Song Tune(int bars, bool with_chords, int numerator = 4) {
  constexpr midi::Tick kQuarter = 480;
  midi::Song song;
  song.tempos = {{.time = 0, .us_per_quarter = 600000}};
  song.meters = {{.time = 0, .numerator = numerator, .denominator = 4}};
  song.keys = {{.time = 0, .sharps = -1, .minor = true}};
  midi::Track tune{.name = "Melody"};
  constexpr std::array kPitches{62, 65, 69, 67, 65, 64, 62, 60, 62, 69};
  for (int beat = 0; beat < bars * numerator; ++beat) {
    const int parts = beat % 3 == 1 ? 2 : 1;
    for (int part = 0; part < parts; ++part) {
      const auto at = static_cast<std::size_t>(beat + part);
      tune.notes.push_back(
          {.start = beat * kQuarter + part * kQuarter / 2 + (beat == 0 ? 0 : beat % 7 - 3),
           .length = kQuarter / parts - 31,
           .pitch = static_cast<std::uint8_t>(kPitches[at % kPitches.size()]),
           .velocity = static_cast<std::uint8_t>(70 + beat % 40)});
    }
  }
  tune.end = bars * numerator * kQuarter;
  song.tracks.push_back(tune);
  if (with_chords) {
    midi::Track chords{.name = "Chords"};
    for (int bar = 0; bar < bars; bar += 2) {
      for (const int pitch : bar % 4 == 0 ? std::array{50, 57, 65} : std::array{48, 55, 64}) {
        chords.notes.push_back({.start = bar * numerator * kQuarter,
                                .length = std::min(2, bars - bar) * numerator * kQuarter,
                                .pitch = static_cast<std::uint8_t>(pitch),
                                .channel = 1});
      }
    }
    chords.end = tune.end;
    song.tracks.push_back(chords);
  }
  midi::Normalise(song);
  return song;
}

inline void SetInput(v1::GenerateRequest* request, const midi::Song& song) {
  request->set_input(*midi::WriteSmf(song));
}

inline const midi::Track* TrackNamed(const midi::Song& song, const std::string& name) {
  for (const midi::Track& track : song.tracks) {
    if (track.name == name) return &track;
  }
  return nullptr;
}

// The notes that begin in bars `begin` to `end`, counted from 0, the nearest 16th counting.
inline std::vector<midi::Note> NotesOfBars(const midi::Track& track, int begin, int end,
                                           midi::Tick bar, midi::Tick step) {
  std::vector<midi::Note> notes;
  for (const midi::Note& note : track.notes) {
    const midi::Tick start = (note.start + step / 2) / step * step;
    if (start >= begin * bar && start < end * bar) notes.push_back(note);
  }
  return notes;
}

inline std::unique_ptr<generate::Piece> Written(const generate::Plan& plan,
                                                const executor::Decoder& decoder,
                                                std::uint64_t seed) {
  absl::StatusOr<std::unique_ptr<generate::Piece>> piece = plan.Begin(seed);
  REQUIRE(piece.ok());
  std::uint64_t count = 0;
  while (const executor::Cell* cell = (*piece)->Next()) {
    REQUIRE(decoder.Next({cell, 1}).ok());
    (*piece)->Take();
    REQUIRE((*piece)->taken() == ++count);
  }
  REQUIRE((*piece)->taken() == (*piece)->cells());
  return *std::move(piece);
}

}  // namespace continuo::test
