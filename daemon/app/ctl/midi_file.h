// SPDX-License-Identifier: Apache-2.0
// The files of `continuoctl midi`: Standard MIDI Files and LMMS's, by content when
// read and by the ending of their name when written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shared/midi/song.h"

namespace continuo::ctl {

struct SongFile {
  midi::Song song;
  std::vector<std::string> remarks;  // what was mended or left out
};

// Throws BadInput.
[[nodiscard]] SongFile ReadSongFile(const std::string& path);

// Files as they are named; of a folder those of MIDI in it and below it, by name. Throws BadInput.
[[nodiscard]] std::vector<std::string> SongPathsOf(const std::vector<std::string>& inputs);
// Of each path. Throws BadInput.
[[nodiscard]] std::vector<midi::Song> ReadSongFiles(const std::vector<std::string>& paths);

// The song as the bytes of a file with that name; `track` (an index) for a clip of
// one track, which may be left out where only one has notes. Throws UsageError for
// an ending that is none, or where a track must be named; Refused where the format
// has no place for the song.
[[nodiscard]] std::string SongFileBytes(const std::string& path, const midi::Song& song,
                                        std::optional<std::size_t> track,
                                        std::vector<std::string>* remarks);

// Names are bytes of any encoding: as text, without what would move a terminal.
[[nodiscard]] std::string Printable(const std::string& name);

}  // namespace continuo::ctl
