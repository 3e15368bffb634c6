// SPDX-License-Identifier: Apache-2.0
// Songs written as LMMS reads them: a project of 1.2.2 (.mmp, which every newer one
// opens), or one track as a clip of newer ones (.xpt; 1.2.2 has none).
//
// Each track with notes becomes an instrument track with a TripleOscillator, of which
// one oscillator sounds, and one pattern. Changes of tempo become the automation of the project's
// tempo, rounded to whole quarters a minute, as LMMS has it. Times go to the nearest of 48 ticks a
// quarter, signatures and events other than notes are left out but for the first
// signature: each is told in `remarks`, which may be null.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "shared/midi/song.h"

namespace continuo::midi {

// INVALID_ARGUMENT as Validate() says, OUT_OF_RANGE for a pitch that LMMS has no key for
// (1.2.2: below 12).
[[nodiscard]] absl::StatusOr<std::string> WriteLmmsProject(const Song& song,
                                                           std::vector<std::string>* remarks);

// `track` is an index into the song's tracks.
[[nodiscard]] absl::StatusOr<std::string> WriteLmmsClip(const Song& song, std::size_t track,
                                                        std::vector<std::string>* remarks);

}  // namespace continuo::midi
