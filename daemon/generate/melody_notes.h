// SPDX-License-Identifier: Apache-2.0
// Cells as notes: the song that is given out.
#pragma once

#include <vector>

#include "daemon/generate/context.h"
#include "daemon/generate/melody_sheet.h"
#include "shared/midi/song.h"

namespace continuo::generate::melody {

// `melody` and `chords`: the first steps of the sheet, as they are written by now. Tracks
// "Melody" on channel 1, "Chords" on channel 2 where there are any.
[[nodiscard]] midi::Song SongOf(const MusicalContext& context, const Sheet& sheet,
                                const std::vector<Value>& melody, const std::vector<Value>& chords);

}  // namespace continuo::generate::melody
