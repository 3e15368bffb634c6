// SPDX-License-Identifier: Apache-2.0
// Notes that were generated, put into a song: as patterns of instrument tracks at a bar, with the
// line in the list of what was generated (generated.h).
//
// The list goes into the effect of ours that has one already, else into a new one, without a model
// and switched off, on the master channel: it costs nothing and sounds like nothing.
#pragma once

#include <absl/status/status.h>

#include <string>
#include <vector>

#include "shared/midi/song.h"
#include "shared/project/document.h"
#include "shared/project/generated.h"

namespace continuo::project {

struct Placement {
  std::uint32_t bar = 1;  // counted from 1, in bars of the song's first signature
  // An instrument track of that name gets the pattern, or is made. Empty: a new track for each of
  // the notes' tracks, named as those are.
  std::string track;
};

// What became of it, for people: "a new track 'Lead'", "3 notes went to the nearest tick".
using Remarks = std::vector<std::string>;

// `clip` as all of its tracks have it; `track` and `bar` are written here. INVALID_ARGUMENT where
// the song has no track container, or `track` is to take the notes of several; OUT_OF_RANGE for a
// pitch that LMMS has no key for; FAILED_PRECONDITION where the list comes from a later version.
// The document is unchanged then.
[[nodiscard]] absl::Status Place(Document* document, const midi::Song& notes,
                                 const Placement& placement, const GeneratedClip& clip,
                                 Remarks* remarks);

}  // namespace continuo::project
