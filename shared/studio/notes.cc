// SPDX-License-Identifier: Apache-2.0
#include "shared/studio/notes.h"

#include <algorithm>
#include <cmath>

#include "shared/midi/lmms_units.h"
#include "shared/midi/rescale.h"
#include "shared/midi/smf_reader.h"
#include "shared/midi/smf_writer.h"

namespace continuo::studio {

static_assert(kTicksPerQuarter == midi::kLmmsTicksPerQuarter);

namespace {

constexpr double kMicrosecondsPerMinute = 60e6;

}  // namespace

bool ReadNotes(const std::string& midi, Notes* notes, std::string* problem) {
  absl::StatusOr<midi::Song> song = midi::ReadSmf(midi);
  if (!song.ok()) {
    *problem = std::string(song.status().message());
    return false;
  }
  const absl::StatusOr<midi::Rescaled> rescaled = midi::Rescale(*song, kTicksPerQuarter);
  if (!rescaled.ok()) {
    *problem = std::string(rescaled.status().message());
    return false;
  }
  *notes = {};
  if (!rescaled->song.tempos.empty()) {
    notes->tempo_bpm = kMicrosecondsPerMinute / rescaled->song.tempos.front().us_per_quarter;
  }
  if (!rescaled->song.meters.empty()) {
    notes->numerator = rescaled->song.meters.front().numerator;
    notes->denominator = rescaled->song.meters.front().denominator;
  }
  for (const midi::Track& track : rescaled->song.tracks) {
    if (track.notes.empty()) continue;
    const int part = static_cast<int>(notes->parts.size());
    const bool drums = track.notes.front().channel == midi::kDrumChannel;
    notes->parts.push_back({track.name, drums});
    for (const midi::Note& note : track.notes) {
      notes->notes.push_back({part, note.start, note.length, note.pitch, note.velocity});
      notes->end = std::max(notes->end, note.end());
    }
  }
  notes->end = std::max(notes->end, midi::EndOf(rescaled->song));
  return true;
}

std::string WriteNotes(const Notes& notes, std::string* problem) {
  midi::Song song;
  song.ticks_per_quarter = kTicksPerQuarter;
  song.tempos.push_back({0, static_cast<std::uint32_t>(std::lround(
                                kMicrosecondsPerMinute / std::clamp(notes.tempo_bpm, 4.0, 60e6)))});
  song.meters.push_back({0, notes.numerator, notes.denominator});
  std::uint8_t channel = 0;
  for (const Part& part : notes.parts) {
    midi::Track track;
    track.name = part.name;
    const std::uint8_t own = part.drums ? static_cast<std::uint8_t>(midi::kDrumChannel) : channel;
    if (!part.drums) {
      // The drums' channel is no one else's.
      channel = static_cast<std::uint8_t>((channel + 1) % 16);
      if (channel == midi::kDrumChannel) ++channel;
    }
    const int index = static_cast<int>(song.tracks.size());
    for (const Note& note : notes.notes) {
      if (note.part != index) continue;
      midi::Note written;
      written.start = note.start;
      written.length = std::max<std::int64_t>(note.length, 1);
      written.pitch = static_cast<std::uint8_t>(std::clamp(note.pitch, 0, 127));
      written.velocity = static_cast<std::uint8_t>(std::clamp(note.velocity, 1, 127));
      written.channel = own;
      track.notes.push_back(written);
    }
    song.tracks.push_back(std::move(track));
  }
  for (midi::Track& track : song.tracks) {
    std::sort(track.notes.begin(), track.notes.end(), midi::Before);
  }
  midi::Normalise(song);
  absl::StatusOr<std::string> bytes = midi::WriteSmf(song);
  if (bytes.ok()) return *std::move(bytes);
  *problem = std::string(bytes.status().message());
  return {};
}

void Merge(const Note& note, std::vector<Note>* notes) {
  // What grows was told lately.
  const auto same = std::find_if(notes->rbegin(), notes->rend(), [&](const Note& other) {
    return other.part == note.part && other.start == note.start && other.pitch == note.pitch;
  });
  if (same != notes->rend()) {
    *same = note;
  } else {
    notes->push_back(note);
  }
}

}  // namespace continuo::studio
