// SPDX-License-Identifier: Apache-2.0
// The meta events of a Standard MIDI File that a Song has a place for.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string_view>

#include "shared/midi/song.h"

namespace continuo::midi {

inline constexpr std::uint8_t kMetaTrackName = 0x03;
inline constexpr std::uint8_t kMetaEndOfTrack = 0x2F;
inline constexpr std::uint8_t kMetaTempo = 0x51;
inline constexpr std::uint8_t kMetaTimeSignature = 0x58;
inline constexpr std::uint8_t kMetaKeySignature = 0x59;

// Puts tempo, signature, key and the track's name into their places; false for any
// other type. INVALID_ARGUMENT where the data is not what the type wants.
[[nodiscard]] absl::StatusOr<bool> KeepMeta(std::uint8_t type, std::string_view data, Tick time,
                                            Song& song, Track& track);

}  // namespace continuo::midi
