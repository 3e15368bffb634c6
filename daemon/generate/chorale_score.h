// SPDX-License-Identifier: Apache-2.0
// A request for four-part music on the grid of 16ths: what is given, what is to be written, and
// the song that comes of it.
//
//   HARMONY   the voices that the input lacks; without input all four, from nothing
//   INFILL    the regions' bars
//   CONTINUE  bars after the input's last
//   VARY      beats of voices, drawn by the seed
// With the last three, voices that the input lacks are written throughout.
//
// Values are those of chorale_fields.h: the song's pitches transposed by `shift`, so that the
// voices lie where they lay in training.
#pragma once

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include <cstdint>
#include <vector>

#include "daemon/generate/chorale_fields.h"
#include "daemon/generate/chorale_voices.h"
#include "daemon/generate/context.h"
#include "shared/midi/song.h"

namespace continuo::generate::chorale {

struct Score {
  MusicalContext context;
  VoiceNotes given;
  int ticks_per_quarter = 480;
  int bar_steps = 16;
  int shift = 0;
  // Steps of the song that the model is told, and the song's last step (both after the end):
  // more than that the network does not see.
  StepSpan span;
  std::int64_t song_end = 0;
  std::vector<Step> values;  // of `span`; kNone where something is to be written
  // Pitches that may be written, by voice and value.
  std::array<std::array<bool, kVocabulary>, kVoices> allowed{};

  [[nodiscard]] midi::Tick ticks_per_step() const { return ticks_per_quarter / kStepsPerQuarter; }
  [[nodiscard]] std::int64_t StepInBar(std::int64_t step) const { return step % bar_steps; }
  // Whether the step's beat is a strong one of its bar.
  [[nodiscard]] std::int32_t StrengthAt(std::int64_t step) const;
};

// INVALID_ARGUMENT naming the field where nothing is missing, or cannot be written.
[[nodiscard]] absl::StatusOr<Score> ScoreOf(MusicalContext context, const Ranges& ranges);

// VARY: the score with the beats that `seed` takes away; at least one.
[[nodiscard]] Score Varied(const Score& score, std::uint64_t seed);

// Grid fields, [step of span][field].
[[nodiscard]] std::vector<std::int32_t> GridOf(const Score& score);

// The values of another song's voices over the span of `score`, transposed as it is: rests where
// the song has none. INVALID_ARGUMENT where it lacks a voice.
[[nodiscard]] absl::StatusOr<std::vector<Step>> ValuesOf(const Score& score,
                                                         const midi::Song& song);

// The model's pitch: the song's, transposed, and by octaves into what it has values for.
[[nodiscard]] int Folded(int pitch, int shift);

// The song with what is written: of `written`, steps from the span's begin, kNone where there is
// nothing yet. Given notes stay as they are; where a part of one was written over, the rest is cut.
[[nodiscard]] midi::Song SongOf(const Score& score, absl::Span<const Step> written);

}  // namespace continuo::generate::chorale
