// SPDX-License-Identifier: Apache-2.0
// Standard MIDI Files put together by hand.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "shared/midi/song.h"

namespace continuo::midi {

using Notes = std::vector<Note>;

inline std::string Bytes(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes.push_back(static_cast<char>(value));
  return bytes;
}

inline std::string Big(std::uint32_t value, int count) {
  std::string bytes;
  for (int i = count - 1; i >= 0; --i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

inline std::string Chunk(const std::string& type, const std::string& body) {
  return type + Big(static_cast<std::uint32_t>(body.size()), 4) + body;
}

inline std::string Header(int format, int tracks, int division) {
  return Chunk("MThd", Big(static_cast<std::uint32_t>(format), 2) +
                           Big(static_cast<std::uint32_t>(tracks), 2) +
                           Big(static_cast<std::uint32_t>(division), 2));
}

// These events, and End of Track `end_delta` ticks later.
inline std::string TrackChunk(std::initializer_list<int> events, int end_delta = 0) {
  return Chunk("MTrk", Bytes(events) + Bytes({end_delta, 0xFF, 0x2F, 0x00}));
}

}  // namespace continuo::midi
