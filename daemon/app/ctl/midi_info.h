// SPDX-License-Identifier: Apache-2.0
// What is in a song, as a table and as JSON.
#pragma once

#include <string>

#include "daemon/app/ctl/json.h"
#include "shared/midi/song.h"

namespace continuo::ctl {

[[nodiscard]] Json SongJson(const midi::Song& song);
// Each track with its notes, by bars and beats as well as ticks.
[[nodiscard]] Json NotesJson(const midi::Song& song);
void PrintSong(const std::string& path, const midi::Song& song);

}  // namespace continuo::ctl
