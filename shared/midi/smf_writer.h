// SPDX-License-Identifier: Apache-2.0
// A Song written as a Standard MIDI File: format 0 if it has one track, else 1.
//
// Tempo, signatures and keys go into the first track (an empty one is made for a song
// of none). Of one time, note-offs come first, then events, then note-ons. What
// ReadSmf() gave is written so that it reads back equal; a note's pan is lost.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "shared/midi/song.h"

namespace continuo::midi {

// INVALID_ARGUMENT as Validate() says.
[[nodiscard]] absl::StatusOr<std::string> WriteSmf(const Song& song);

}  // namespace continuo::midi
