// SPDX-License-Identifier: Apache-2.0
// Songs of everything that a Song may hold, by seed, as a Standard MIDI File can say
// them: of two notes of one pitch and channel the earlier ends first, and no pan.
#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "shared/midi/song.h"

namespace continuo::midi {

class SongMaker {
 public:
  explicit SongMaker(std::uint64_t seed) : random_(seed) {}

  Song Make() {
    Song song;
    song.ticks_per_quarter = Pick({1, 24, 48, 96, 120, 480, 960, 32767});
    for (int i = Up(4); i > 0; --i) {
      song.tempos.push_back({Time(), 1 + static_cast<std::uint32_t>(Up(0xFFFFFE))});
    }
    for (int i = Up(4); i > 0; --i) {
      const int power = Up(song.ticks_per_quarter < 16 ? 2 : 6);
      song.meters.push_back({Time(), 1 + Up(254), 1 << power, Byte(255), Byte(255)});
    }
    for (int i = Up(3); i > 0; --i) song.keys.push_back({Time(), Up(14) - 7, Up(1) == 1});
    for (int i = 1 + Up(4); i > 0; --i) song.tracks.push_back(MakeTrack());
    Normalise(song);
    return song;
  }

  int Up(int highest) {
    return static_cast<int>(random_() % (static_cast<unsigned>(highest) + 1U));
  }

 private:
  Tick Time() { return Up(3) == 0 ? Up(40) : Up(5000000); }
  std::uint8_t Byte(int highest) { return static_cast<std::uint8_t>(Up(highest)); }
  int Pick(const std::vector<int>& values) {
    return values[static_cast<std::size_t>(Up(static_cast<int>(values.size()) - 1))];
  }

  Track MakeTrack() {
    Track track;
    if (Up(1) == 1) track.name = std::string("part \xC3\xA9 ") + std::to_string(Up(99));
    for (int i = Up(60); i > 0; --i) {
      track.notes.push_back({.start = Time(),
                             .length = 1 + Up(2000),
                             .pitch = Byte(127),
                             .velocity = static_cast<std::uint8_t>(1 + Up(126)),
                             .channel = Byte(15),
                             .release = Up(1) == 1 ? Note{}.release : Byte(127)});
      // Few pitches and near starts: many that sound at once.
      if (Up(1) == 1) track.notes.back().pitch = 60;
      if (Up(1) == 1) track.notes.back().channel = 0;
    }
    EarlierEndsFirst(track.notes);
    for (int i = Up(20); i > 0; --i) track.events.push_back(MakeEvent());
    track.end = Time();
    return track;
  }

  Event MakeEvent() {
    std::string text(static_cast<std::size_t>(Up(300)), 'x');
    const auto data = [this] { return static_cast<char>(Up(127)); };
    switch (Up(5)) {
      case 0:
        return {Time(), static_cast<std::uint8_t>(0xC0 | Up(15)), {data()}};
      case 1:
        return {Time(), static_cast<std::uint8_t>(0xE0 | Up(15)), {data(), data()}};
      case 2:
        return {Time(), 0xF0, text + "\xF7"};
      case 3:
        return {Time(), 0xF7, text};
      case 4:
        return {Time(), 0xFF, "\x05" + text};
      default:
        return {Time(), static_cast<std::uint8_t>(0xB0 | Up(15)), {data(), data()}};
    }
  }

  static void EarlierEndsFirst(std::vector<Note>& notes) {
    std::sort(notes.begin(), notes.end(), Before);
    std::map<std::pair<int, int>, std::vector<Note*>> alike;
    for (Note& note : notes) alike[{note.pitch, note.channel}].push_back(&note);
    for (auto& [key, group] : alike) {
      std::vector<Tick> ends;
      for (const Note* note : group) ends.push_back(note->end());
      std::sort(ends.begin(), ends.end());
      for (std::size_t i = 0; i < group.size(); ++i) {
        // Of one start only one note: their order in the file would be nobody's.
        Note& note = *group[i];
        if (i > 0 && note.start <= group[i - 1]->start) note.start = group[i - 1]->start + 1;
        note.length = std::max<Tick>(ends[i] - note.start, 1);
        if (i > 0 && note.end() < group[i - 1]->end())
          note.length = group[i - 1]->end() - note.start;
      }
    }
  }

  std::mt19937_64 random_;
};

}  // namespace continuo::midi
