// SPDX-License-Identifier: Apache-2.0
// The notes of LMMS files: projects (.mmp, .mmpz) and clips (.xpt, .xptz), of 1.2.2
// and of newer ones, read into a Song of 48 ticks a quarter.
//
// Each instrument track of the song editor is a track, its patterns put where they
// stand. Keys are read as written, an octave higher in files up to 1.2.2
// (lmms_units.h), whatever the track's base note. The tempo is the project's with its
// automation in steps, the signature its first one. A step of a beat pattern lasts
// until the next one, at most what it says.
// Left out, and told in `remarks`: tracks of the beat and bassline editor, detuning,
// automated signatures, notes of no length or above MIDI's highest.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

#include "shared/midi/song.h"

namespace continuo::midi {

inline constexpr std::size_t kMaxLmmsBytes = std::size_t{32} << 20;

// INVALID_ARGUMENT with the byte (of the XML, uncompressed) for what is no such file,
// RESOURCE_EXHAUSTED beyond a limit. `remarks` may be null.
[[nodiscard]] absl::StatusOr<Song> ReadLmms(std::string_view bytes,
                                            std::vector<std::string>* remarks = nullptr);

}  // namespace continuo::midi
