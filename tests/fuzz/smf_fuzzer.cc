// SPDX-License-Identifier: Apache-2.0
// Any bytes are refused with the place, or give a song that is written and reads back
// as the same song.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "shared/midi/meter_map.h"
#include "shared/midi/smf_reader.h"
#include "shared/midi/smf_writer.h"
#include "shared/midi/tempo_map.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace midi = continuo::midi;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<midi::Song> song = midi::ReadSmf(bytes);
  if (!song.ok()) {
    if (song.status().message().empty()) std::abort();
    return 0;
  }
  const absl::StatusOr<std::string> written = midi::WriteSmf(*song);
  if (!written.ok()) std::abort();
  std::vector<std::string> remarks;
  const absl::StatusOr<midi::Song> again = midi::ReadSmf(*written, &remarks);
  if (!again.ok() || !remarks.empty()) std::abort();
  // Which of two notes of one pitch and start is the longer no file can tell, nor what
  // a second name at 0 was; once written, nothing changes any more.
  if (midi::NoteCount(*again) != midi::NoteCount(*song) || again->meters != song->meters ||
      again->tempos != song->tempos || *midi::WriteSmf(*again) != *written) {
    std::abort();
  }
  const midi::MeterMap meters(*song);
  const midi::TempoMap tempos(*song);
  const midi::Tick end = midi::EndOf(*song);
  if (meters.TickOf(meters.PositionOf(end)) != end) std::abort();
  if (tempos.TickAt(tempos.SecondsAt(end)) != end) std::abort();
  return 0;
}
