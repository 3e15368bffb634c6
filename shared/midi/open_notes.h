// SPDX-License-Identifier: Apache-2.0
// The notes of a track that have begun and not ended, by channel and pitch; the one
// that began first ends first. Each step takes the same time however many are open.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "shared/midi/song.h"

namespace continuo::midi {

class OpenNotes {
 public:
  explicit OpenNotes(std::vector<Note>* notes) : notes_(notes) { first_.fill(kNone); }

  void Begin(Tick time, int channel, int pitch, int velocity) {
    const auto index = static_cast<std::int32_t>(notes_->size());
    notes_->push_back({.start = time,
                       .length = 0,
                       .pitch = static_cast<std::uint8_t>(pitch),
                       .velocity = static_cast<std::uint8_t>(velocity),
                       .channel = static_cast<std::uint8_t>(channel)});
    next_.push_back(kNone);
    const std::size_t key = KeyOf(channel, pitch);
    if (first_[key] == kNone) {
      first_[key] = index;
    } else {
      next_[static_cast<std::size_t>(last_[key])] = index;
    }
    last_[key] = index;
  }

  // False where no such note is open.
  bool End(Tick time, int channel, int pitch, int release) {
    std::int32_t& first = first_[KeyOf(channel, pitch)];
    if (first == kNone) return false;
    Note& note = (*notes_)[static_cast<std::size_t>(first)];
    first = next_[static_cast<std::size_t>(first)];
    note.length = time - note.start;
    note.release = static_cast<std::uint8_t>(release);
    return true;
  }

  // Ends what is open; how many were.
  std::size_t EndAll(Tick time) {
    std::size_t count = 0;
    for (int channel = 0; channel < kChannels; ++channel) {
      for (int pitch = 0; pitch < kPitches; ++pitch) {
        while (End(time, channel, pitch, Note{}.release)) ++count;
      }
    }
    return count;
  }

 private:
  static constexpr std::int32_t kNone = -1;
  static constexpr int kChannels = 16;
  static constexpr int kPitches = 128;
  static std::size_t KeyOf(int channel, int pitch) {
    return static_cast<std::size_t>(channel) * kPitches + static_cast<std::size_t>(pitch);
  }

  std::vector<Note>* notes_;
  std::vector<std::int32_t> next_;  // of each note: the one of its key that began after it
  std::array<std::int32_t, kChannels * kPitches> first_{};
  std::array<std::int32_t, kChannels * kPitches> last_{};
};

}  // namespace continuo::midi
