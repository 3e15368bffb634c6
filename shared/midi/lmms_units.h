// SPDX-License-Identifier: Apache-2.0
// How LMMS counts: ticks, keys and volumes, and the versions of its files.
//
// Found with LMMS 1.2.2 (its own MIDI import and export, and a render) and read in
// its master of August 2026: 48 ticks a quarter; a volume of 0 to 200 for velocities
// of 0 to 127; key 57 is the A of 440 Hz up to 1.2.2, and key 69, as in MIDI, in files
// that its upgrade "extendedNoteRange", the twentieth, has passed. Such files say in
// `version` how many upgrades they have; older ones say "1.0".
#pragma once

#include <algorithm>
#include <cstdint>

namespace continuo::midi {

inline constexpr int kLmmsTicksPerQuarter = 48;
inline constexpr int kLmmsOldKeyOffset = 12;  // MIDI pitch less the key, up to 1.2.2
inline constexpr unsigned kLmmsMidiKeysVersion = 20;
// With note types told by an attribute: what a clip (.xpt) is written as.
inline constexpr unsigned kLmmsClipVersion = 27;
inline constexpr int kLmmsMaxVolume = 200;
inline constexpr int kLmmsMinTempo = 10;  // quarters a minute
inline constexpr int kLmmsMaxTempo = 999;

// Of a tempo in quarters a minute.
constexpr std::uint32_t UsPerQuarterOfLmms(int tempo) {
  return static_cast<std::uint32_t>((60'000'000 + tempo / 2) / tempo);
}

// Velocity to volume and back gives the same velocity.
constexpr int LmmsVolumeOf(int velocity) { return (velocity * kLmmsMaxVolume + 63) / 127; }
constexpr std::uint8_t VelocityOfLmms(int volume) {
  return static_cast<std::uint8_t>(
      std::clamp((volume * 127 + kLmmsMaxVolume / 2) / kLmmsMaxVolume, 1, 127));
}

}  // namespace continuo::midi
