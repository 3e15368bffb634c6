// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/groove_pattern.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "shared/midi/rescale.h"

namespace continuo::generate::groove {
namespace {

constexpr int kTicksPerQuarter = 480, kCoarsestTicks = 96;

}  // namespace

DrumTrack DrumsOf(const midi::Song& song, const Format& format, int maximum_steps) {
  const midi::Song* source = &song;
  absl::StatusOr<midi::Rescaled> rescaled;
  if (song.ticks_per_quarter % 4 != 0 || song.ticks_per_quarter < kCoarsestTicks) {
    rescaled = midi::Rescale(song, kTicksPerQuarter);
    // A song that long has no drums within `maximum_steps` to speak of.
    if (!rescaled.ok()) return {};
    source = &rescaled->song;
  }
  DrumTrack drums;
  drums.ticks_per_quarter = source->ticks_per_quarter;
  std::vector<midi::Note> notes;
  for (const midi::Track& track : source->tracks) {
    notes.insert(notes.end(), track.notes.begin(), track.notes.end());
  }
  const auto is_drum = [](const midi::Note& note) { return note.channel == midi::kDrumChannel; };
  if (std::any_of(notes.begin(), notes.end(), is_drum)) {
    const auto last = std::stable_partition(notes.begin(), notes.end(), is_drum);
    drums.other_notes = static_cast<std::uint64_t>(notes.end() - last);
    notes.erase(last, notes.end());
  }
  std::stable_sort(notes.begin(), notes.end(), midi::Before);
  const midi::Tick step_ticks = drums.step_ticks();
  for (const midi::Note& note : notes) {
    // What comes just before the end belongs to its last step: there is none behind it.
    const midi::Tick end = step_ticks * maximum_steps;
    if (note.start >= end) break;
    const auto step = static_cast<int>((note.start + step_ticks / 2) / step_ticks);
    drums.notes.push_back({.note = note,
                           .step = std::min(step, maximum_steps - 1),
                           .voice = format.voice_of_pitch.at(note.pitch)});
    drums.notes.back().note.channel = midi::kDrumChannel;
  }
  return drums;
}

void Pattern::Put(const DrumTrack& track) {
  const midi::Tick ticks = track.step_ticks();
  std::vector<std::array<int, kVoices>> loudest(places_.size());
  for (std::size_t i = 0; i < track.notes.size(); ++i) {
    const DrumNote& drum = track.notes[i];
    const int step = drum.step - first_;
    if (drum.voice < 0 || step < 0 || step >= steps()) continue;
    Place& place = at(step, drum.voice);
    place.notes.push_back(i);
    int& before = loudest[static_cast<std::size_t>(step)][static_cast<std::size_t>(drum.voice)];
    if (drum.note.velocity <= before) continue;
    before = drum.note.velocity;
    place.velocity = static_cast<std::uint8_t>(1 + before * kVelocities / 128);
    const midi::Tick late = drum.note.start - drum.step * ticks;
    const double offset =
        std::nearbyint(static_cast<double>(late * kStepParts) / static_cast<double>(ticks));
    place.offset =
        static_cast<std::int8_t>(std::clamp(static_cast<int>(offset) + kOnGrid, 0, kOffsets - 1));
  }
}

int Pattern::StandingHits() const {
  int hits = 0;
  for (const auto& row : places_) {
    hits += static_cast<int>(std::count_if(
        row.begin(), row.end(), [](const Place& place) { return place.field() >= kHit; }));
  }
  return hits;
}

GridRow Pattern::RowOf(int step) const {
  GridRow row{};
  int timed = 0, sum = 0;
  for (int voice = 0; voice < kVoices; ++voice) {
    const Place& place = at(step, voice);
    row[static_cast<std::size_t>(voice)] = place.field();
    if (place.standing != Standing::kAll || place.velocity == 0) continue;
    ++timed;
    sum += place.offset;
  }
  if (timed > 0) row[kTiming] = 1 + static_cast<std::int32_t>(std::nearbyint(double(sum) / timed));
  return row;
}

}  // namespace continuo::generate::groove
