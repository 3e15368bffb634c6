// SPDX-License-Identifier: Apache-2.0
// The four voices of a song, and their cells on the grid of 16ths.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/generate/chorale_fields.h"
#include "shared/midi/song.h"

namespace continuo::generate::chorale {

// By Voice; none: the song lacks it.
using VoiceNotes = std::array<std::optional<std::vector<midi::Note>>, kVoices>;

// Which voices a song has. Tracks are told by their names ("Soprano", "melody", "Bass 1"); else
// one track is the melody, two are soprano and bass, three soprano, alto and bass, four are
// sorted by their mean pitch. The channels of a song's only track count as tracks. Drums are
// left out. INVALID_ARGUMENT for more than four tracks without names. `remarks`: for people.
[[nodiscard]] absl::StatusOr<VoiceNotes> VoicesOf(const midi::Song& song,
                                                  std::vector<std::string>* remarks);

// A note's first step, and the one after its last; a note has at least one.
struct StepSpan {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};
[[nodiscard]] StepSpan StepsOf(const midi::Note& note, midi::Tick ticks_per_step);

// MIDI pitches of the steps from `begin` to `end`, -1 where it rests; of notes that sound
// together the highest, of a bass the lowest.
[[nodiscard]] std::vector<int> PitchesOf(const std::vector<midi::Note>& notes, int voice,
                                         midi::Tick ticks_per_step, StepSpan span);

// The least transposition, in semitones, that brings most sounding steps into the voices'
// ranges. ranges: lowest and highest pitch of each voice.
using Ranges = std::array<std::array<int, 2>, kVoices>;
[[nodiscard]] int ShiftInto(const Ranges& ranges,
                            const std::array<std::vector<int>, kVoices>& pitches);

}  // namespace continuo::generate::chorale
