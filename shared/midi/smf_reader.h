// SPDX-License-Identifier: Apache-2.0
// Standard MIDI Files, formats 0 and 1, read into a Song.
//
// Strict: what is said and what is there must agree. A refusal names the byte, what
// it is and what is expected. Memory is bounded by kMaxSmfBytes and kMaxEvents.
// What the reader mends, because players do, it tells in `remarks`:
//   - a note without an end ends with its track; a note-off without a note is dropped;
//   - a note of no length gets one tick.
// Of two notes of one pitch and channel that sound at once, the earlier ends first.
// Running status goes on after meta events and SysEx. Chunks of other types are skipped.
// An SMPTE division is converted exactly: the song's tempo is then the one that gives
// the file's ticks their seconds, and tempo events of the file, which have no meaning
// there, are left out.
//
// Why not a library: libsmf 1.3, built with AddressSanitizer under libFuzzer, showed
// within two minutes a use after free (smf_load.c:886), reads past the buffer
// (smf_load.c:490, 529), failed assertions, and a leak for a refused file. libportsmf
// keeps times as floating point, and prints what is wrong instead of telling it.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

#include "shared/midi/song.h"

namespace continuo::midi {

inline constexpr std::size_t kMaxSmfBytes = std::size_t{32} << 20;

// INVALID_ARGUMENT for what is no Standard MIDI File or a damaged one, UNIMPLEMENTED
// for format 2, RESOURCE_EXHAUSTED beyond a limit. `remarks` may be null.
[[nodiscard]] absl::StatusOr<Song> ReadSmf(std::string_view bytes,
                                           std::vector<std::string>* remarks = nullptr);

}  // namespace continuo::midi
