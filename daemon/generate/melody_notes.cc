// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/melody_notes.h"

#include <algorithm>

#include "daemon/generate/result.h"

namespace continuo::generate::melody {
namespace {

// Of the first 16th of a bar, of a beat, and of the others.
constexpr std::uint8_t kDownbeat = 104;
constexpr std::uint8_t kBeat = 96;
constexpr std::uint8_t kOffbeat = 86;
constexpr std::uint8_t kChordVelocity = 68;
constexpr std::uint8_t kChordChannel = 1;
// A chord's tones lie in the octave from here, so that one leads to the next with small steps;
// its bass lies in the octave below.
constexpr int kLowestTone = 53;
constexpr int kLowestBass = 36;

std::uint8_t VelocityAt(int step, const Signature& signature) {
  if (step % signature.bar_steps == 0) return kDownbeat;
  return step % signature.chord_steps == 0 ? kBeat : kOffbeat;
}

void AddMelody(const Sheet& sheet, const std::vector<Value>& melody, midi::Track* track) {
  const midi::Tick ticks = sheet.step_ticks();
  midi::Note* last = nullptr;
  for (std::size_t step = 0; step < melody.size(); ++step) {
    // What stands is kept as notes already.
    const bool is_new = sheet.melody[step] == kOpen;
    if (melody[step] >= kOnset && is_new) {
      last = &track->notes.emplace_back(
          midi::Note{.start = sheet.begin + static_cast<midi::Tick>(step) * ticks,
                     .length = ticks,
                     .pitch = static_cast<std::uint8_t>(melody[step] - kOnset + kLowestPitch),
                     .velocity = VelocityAt(static_cast<int>(step), *sheet.signature)});
    } else if (melody[step] == kHold && is_new && last != nullptr) {
      last->length += ticks;
    } else {
      last = nullptr;
    }
  }
}

void AddChord(const Chord& chord, midi::Tick start, midi::Tick length, midi::Track* track) {
  if (chord.is_none()) return;
  const auto add = [&](int pitch) {
    track->notes.push_back({.start = start,
                            .length = length,
                            .pitch = static_cast<std::uint8_t>(pitch),
                            .velocity = kChordVelocity,
                            .channel = kChordChannel});
  };
  add(kLowestBass + (chord.bass >= 0 ? chord.bass : chord.root));
  const unsigned tones = PitchClasses({.root = chord.root, .quality = chord.quality});
  for (int pitch = kLowestTone; pitch < kLowestTone + midi::kPitchesPerOctave; ++pitch) {
    if ((tones >> (pitch % midi::kPitchesPerOctave) & 1U) != 0) add(pitch);
  }
}

// A chord sounds until the next, and is struck again with each bar.
void AddChords(const Sheet& sheet, const std::vector<Value>& chords, midi::Track* track) {
  const int spacing = sheet.signature->chord_steps;
  const auto places = chords.size() / static_cast<std::size_t>(spacing);
  const auto chord_at = [&](std::size_t place) {
    return sheet.named_chords.empty() ||
                   sheet.chords[place * static_cast<std::size_t>(spacing)] == kOpen
               ? ChordOf(chords[place * static_cast<std::size_t>(spacing)])
               : sheet.named_chords[place];
  };
  for (std::size_t place = 0; place < places;) {
    const std::size_t begin = place++;
    if (!sheet.gives_chords[begin]) continue;
    const Chord chord = chord_at(begin);
    while (place < places && sheet.gives_chords[place] && chord_at(place) == chord &&
           place % static_cast<std::size_t>(sheet.signature->places()) != 0) {
      ++place;
    }
    const midi::Tick ticks = spacing * sheet.step_ticks();
    AddChord(chord, sheet.begin + static_cast<midi::Tick>(begin) * ticks,
             static_cast<midi::Tick>(place - begin) * ticks, track);
  }
}

}  // namespace

midi::Song SongOf(const MusicalContext& context, const Sheet& sheet,
                  const std::vector<Value>& melody, const std::vector<Value>& chords) {
  midi::Song song = EmptySong(context, sheet.ticks_per_quarter);
  midi::Track tune{.name = "Melody", .notes = sheet.kept_melody};
  AddMelody(sheet, melody, &tune);
  midi::Track harmony{.name = "Chords", .notes = sheet.kept_chords};
  AddChords(sheet, chords, &harmony);
  tune.end = harmony.end = sheet.end;
  song.tracks.push_back(std::move(tune));
  if (!harmony.notes.empty()) song.tracks.push_back(std::move(harmony));
  midi::Normalise(song);
  return song;
}

}  // namespace continuo::generate::melody
