// SPDX-License-Identifier: Apache-2.0
// Figures of a song, by name; docs/quality.md says what each one is.
//
// Source: MusPy (Dong et al., ISMIR 2020), whose definitions those of its metrics are: pitch
// class entropy and scale consistency count notes, polyphony is the mean number of pitches over
// steps that have one, a beat is a quarter. All on a fixed grid of sixteenths (note_grid.h).
#pragma once

#include <map>
#include <string>

#include "daemon/generate/note_grid.h"
#include "shared/midi/song.h"

namespace continuo::generate {

using Metrics = std::map<std::string, double>;

// Of songs of pitches:
//   pitch_class_entropy   bits, 0 to 3.58
//   scale_consistency     largest share of notes in one of the 24 major and minor scales
//   polyphony, empty_beat_rate, groove_consistency
//   notes_per_bar
//   pitch_range           highest less lowest pitch, in semitones
//   mean_pitch
//   note_length, note_length_spread    mean and standard deviation, in quarters
//   repeated_bars         share of bars that are as an earlier one
//   melodic_step, bar_line_step        mean way of the highest note from onset to onset, in
//                         semitones; where it goes over a bar line
//   dissonance            share of pairs of sounding pitches that are a semitone, a tritone or a
//                         major seventh apart
// and those of voice_leading.h where there are four voices.
// Of songs of drums:
//   polyphony (hits a step that has any), empty_beat_rate, groove_consistency, notes_per_bar,
//   repeated_bars, drum_voices, velocity_mean, velocity_spread, timing_spread_ms (standard
//   deviation of the way to the nearest sixteenth)
// What a song is too short for is left out; a song without notes has none.
[[nodiscard]] Metrics Measure(const midi::Song& song);

// Parts of it, on their own for whoever wants one.
[[nodiscard]] double PitchClassEntropy(const NoteGrid& grid);
[[nodiscard]] double ScaleConsistency(const NoteGrid& grid);
[[nodiscard]] double Polyphony(const NoteGrid& grid);
[[nodiscard]] double EmptyBeatRate(const NoteGrid& grid);
[[nodiscard]] double GrooveConsistency(const NoteGrid& grid);  // of two bars or more
[[nodiscard]] double RepeatedBars(const NoteGrid& grid);       // of two bars or more

}  // namespace continuo::generate
