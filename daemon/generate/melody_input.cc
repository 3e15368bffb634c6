// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/melody_input.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "shared/midi/rescale.h"
#include "shared/midi/scale.h"

namespace continuo::generate::melody {
namespace {

constexpr int kStepsPerQuarter = 4;
constexpr double kInChords = 2.5;  // notes that sound at once, on average
constexpr double kOctavePerVoice = 12;

struct Voice {
  const midi::Track* track = nullptr;
  bool is_named_melody = false;
  bool is_named_chords = false;
  double together = 0;  // ticks of notes for one tick in which any sounds
  double height = 0;    // mean pitch
};

Voice Look(const midi::Track& track) {
  Voice voice{.track = &track};
  const std::string name = absl::AsciiStrToLower(track.name);
  voice.is_named_melody = absl::StrContains(name, "melody");
  voice.is_named_chords = absl::StrContains(name, "chord");
  midi::Tick sounding = 0;
  midi::Tick covered = 0;
  midi::Tick until = 0;
  for (const midi::Note& note : track.notes) {
    sounding += note.length;
    covered += std::max<midi::Tick>(0, note.end() - std::max(until, note.start));
    until = std::max(until, note.end());
    voice.height += note.pitch;
  }
  voice.together =
      static_cast<double>(sounding) / static_cast<double>(std::max<midi::Tick>(1, covered));
  voice.height /= static_cast<double>(track.notes.size());
  return voice;
}

bool IsDrums(const midi::Track& track) {
  return std::all_of(track.notes.begin(), track.notes.end(),
                     [](const midi::Note& note) { return note.channel == midi::kDrumChannel; });
}

double MelodyRank(const Voice& voice) {
  if (voice.is_named_melody) return 1000;
  if (voice.is_named_chords) return -1000;
  return voice.height - kOctavePerVoice * (voice.together - 1);
}

}  // namespace

absl::StatusOr<Input> ReadInput(const midi::Song& song) {
  const int factor = kStepsPerQuarter / std::gcd(kStepsPerQuarter, song.ticks_per_quarter);
  midi::Song scaled = song;
  if (factor > 1) {
    const int wanted = song.ticks_per_quarter * factor;
    absl::StatusOr<midi::Rescaled> rescaled =
        midi::Rescale(song, wanted <= midi::kMaxTicksPerQuarter ? wanted : 960);
    if (!rescaled.ok()) return rescaled.status();
    scaled = std::move(rescaled->song);
  }
  std::vector<Voice> voices;
  for (const midi::Track& track : scaled.tracks) {
    if (!IsDrums(track)) voices.push_back(Look(track));
  }
  if (voices.empty()) return absl::InvalidArgumentError("input: has no notes but drums");
  const auto melody = std::max_element(
      voices.begin(), voices.end(),
      [](const Voice& left, const Voice& right) { return MelodyRank(left) < MelodyRank(right); });
  Input input{.ticks_per_quarter = scaled.ticks_per_quarter, .melody = melody->track->notes};
  const Voice* chords = nullptr;
  for (const Voice& voice : voices) {
    if (&voice == &*melody || !(voice.is_named_chords || voice.together >= kInChords)) continue;
    if (chords == nullptr || (voice.is_named_chords && !chords->is_named_chords)) chords = &voice;
  }
  if (chords != nullptr) input.chords = chords->track->notes;
  return input;
}

Chord ChordOfNotes(const std::vector<midi::Note>& notes, midi::Tick begin, midi::Tick end) {
  unsigned sounding = 0;
  int lowest = 128;
  for (const midi::Note& note : notes) {
    if (note.start >= end) break;
    // What sounds for half of the time or more.
    const midi::Tick inside = std::min(note.end(), end) - std::max(note.start, begin);
    if (2 * inside < end - begin) continue;
    sounding |= 1U << (note.pitch % midi::kPitchesPerOctave);
    lowest = std::min(lowest, int{note.pitch});
  }
  if (std::popcount(sounding) < 2) return {};
  Chord best;
  int best_score = -1000;
  for (int root = 0; root < midi::kPitchesPerOctave; ++root) {
    for (int quality = 0; quality < kChordQualities; ++quality) {
      const Chord chord{.root = root, .quality = static_cast<ChordQuality>(quality)};
      const unsigned wanted = PitchClasses(chord);
      // Qualities begin with the plain ones, which win among equals.
      const int score = 20 * std::popcount(wanted & sounding) -
                        20 * std::popcount(sounding & ~wanted) -
                        20 * std::popcount(wanted & ~sounding) +
                        (lowest % midi::kPitchesPerOctave == root ? 12 : 0) - quality;
      if (score <= best_score) continue;
      best_score = score;
      best = chord;
    }
  }
  return best;
}

}  // namespace continuo::generate::melody
