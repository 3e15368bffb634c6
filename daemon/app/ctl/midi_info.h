// SPDX-License-Identifier: Apache-2.0
// What is in a song, as a table and as JSON.
#pragma once

#include <string>

#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/midi_roll.h"
#include "shared/midi/song.h"

namespace continuo::ctl {

[[nodiscard]] Json SongJson(const midi::Song& song);
// Each track, and of those in view the notes that begin in its bars, by bars and beats
// as well as ticks.
[[nodiscard]] Json NotesJson(const midi::Song& song, const RollView& view);
void PrintSong(const std::string& path, const midi::Song& song);

}  // namespace continuo::ctl
