// SPDX-License-Identifier: Apache-2.0
// What becomes of written notes: a song with tempo, signature and key, transformed as asked, and
// the bytes of its file.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "continuo/v1/generation_service.pb.h"
#include "daemon/generate/context.h"
#include "shared/midi/song.h"

namespace continuo::generate {

// A song without tracks: the context's signature and key (where it has one), and its tempo; where
// that is the input's first tempo, with all the changes that the input has after it.
[[nodiscard]] midi::Song EmptySong(const MusicalContext& context, int ticks_per_quarter);

// The song with the request's transforms; those that are there are checked by DecideContext().
// OUT_OF_RANGE where a transform leads out of MIDI's range.
[[nodiscard]] absl::StatusOr<midi::Song> Transformed(const v1::GenerateRequest& request,
                                                     midi::Song song);

// Format 1, whatever the number of tracks.
[[nodiscard]] absl::StatusOr<std::string> ResultBytes(const v1::GenerateRequest& request,
                                                      midi::Song song);

}  // namespace continuo::generate
