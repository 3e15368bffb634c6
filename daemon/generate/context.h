// SPDX-License-Identifier: Apache-2.0
// A request for notes, checked, with everything decided that does not depend on the model's
// network: what every composer begins with.
//
//   given in the request  >  its macros  >  its input  >  the model's defaults
//
// Invariant: DecideContext() of `context.request` gives the same context again, but for what its
// notes say of where things came from.
// Source of the macros' curves: docs/quality.md.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "continuo/v1/generation_service.pb.h"
#include "continuo/v1/model.pb.h"
#include "daemon/generate/chords.h"
#include "daemon/generate/sampler.h"
#include "daemon/generate/song_facts.h"
#include "shared/midi/scale.h"
#include "shared/midi/song.h"

namespace continuo::generate {

// What a model does where the request says nothing.
struct ContextDefaults {
  SamplerOptions sampler;
  std::uint32_t bars = 4;
  double tempo_bpm = 100;
  // It writes starts off the grid itself: "swing" and "human" are its own to follow, and no
  // transforms are added for them.
  bool writes_timing = false;
};

// Bars counted from 0, `end` not among them.
struct BarRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::string voice;  // empty: all
};

struct MusicalContext {
  // Every field decided that can be; of the open ones, key, scale, chords, style, range and
  // density stay open where neither song nor macro says anything: the model's choice.
  v1::GenerateRequest request;
  std::optional<midi::Song> input;
  SongFacts facts;  // of the input

  std::optional<midi::Key> key;  // none: the model's choice
  // Pitch classes that may be written, bit 0 is C; 0xFFF: free.
  std::uint16_t pitch_classes = 0xFFF;
  midi::Meter meter;
  double tempo_bpm = 120;
  // Of what is made: new ones for CONTINUE and tasks without input, else those of the input.
  std::uint32_t bars = 0;
  std::vector<ChordBar> chords;  // one a bar of `bars`, or empty
  int lowest_pitch = 0;
  int highest_pitch = 127;
  std::optional<double> density;  // none: the model's choice, or as the input has it
  double variation = 0.3;
  SamplerOptions sampler;
  std::vector<BarRange> regions;
  // Of macros, for models that write timing themselves.
  std::optional<double> swing;
  std::optional<double> human;

  std::vector<std::string> notes;  // for GenerationPlan.notes

  [[nodiscard]] bool MayWrite(int pitch) const {
    return pitch >= lowest_pitch && pitch <= highest_pitch &&
           (pitch_classes >> (pitch % midi::kPitchesPerOctave) & 1) != 0;
  }
};

// INVALID_ARGUMENT "bars: 70; 1 to 64 is possible", UNIMPLEMENTED for a task that `model` does
// not list. Limits that `model` leaves open (no signatures, no maximum_bars) are those of the API.
[[nodiscard]] absl::StatusOr<MusicalContext> DecideContext(const v1::GenerateRequest& request,
                                                           const v1::NotesSignature& model,
                                                           const ContextDefaults& defaults);

// "melody", "harmony", "drums", "continue", "infill", "vary", "humanize"; empty: none.
[[nodiscard]] std::string_view TaskName(v1::GenerationTask task);

inline constexpr std::uint32_t kMaxBars = 64;

}  // namespace continuo::generate
