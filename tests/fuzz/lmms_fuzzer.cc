// SPDX-License-Identifier: Apache-2.0
// Any bytes are refused with a reason, or give a song that can be written as a project
// that reads back with the same notes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "shared/midi/lmms_reader.h"
#include "shared/midi/lmms_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace midi = continuo::midi;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<midi::Song> song = midi::ReadLmms(bytes);
  if (!song.ok()) {
    if (song.status().message().empty()) std::abort();
    return 0;
  }
  for (std::size_t i = 0; i < song->tracks.size(); ++i) {
    const absl::StatusOr<std::string> clip = midi::WriteLmmsClip(*song, i, nullptr);
    if (!clip.ok()) std::abort();
    const absl::StatusOr<midi::Song> again = midi::ReadLmms(*clip);
    if (!again.ok() || again->tracks.at(0).notes != song->tracks[i].notes) std::abort();
  }
  const absl::StatusOr<std::string> project = midi::WriteLmmsProject(*song, nullptr);
  // A pitch below LMMS 1.2.2's keys is the one thing that it has no place for.
  if (!project.ok())
    return project.status().code() == absl::StatusCode::kOutOfRange ? 0 : (std::abort(), 0);
  const absl::StatusOr<midi::Song> again = midi::ReadLmms(*project);
  if (!again.ok() || midi::NoteCount(*again) != midi::NoteCount(*song)) std::abort();
  return 0;
}
