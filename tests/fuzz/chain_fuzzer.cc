// SPDX-License-Identifier: Apache-2.0
// Any text is refused, or is a chain whose own text reads as the same chain; applied to
// a song it is refused or gives a song that is good.
//
// Input: a byte that is the song's seed, then the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "shared/midi/transform/chain.h"
#include "tests/unit/random_song.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace midi = continuo::midi;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const absl::StatusOr<midi::Chain> chain = midi::ParseChain(text);
  if (!chain.ok() || chain->size() > 8) return 0;
  const std::string formatted = midi::FormatChain(*chain);
  const absl::StatusOr<midi::Chain> again = midi::ParseChain(formatted);
  if (!again.ok() || midi::FormatChain(*again) != formatted) std::abort();
  const absl::StatusOr<midi::Song> song = midi::ApplyChain(*chain, midi::SongMaker(data[0]).Make());
  if (song.ok() ? !midi::Validate(*song).ok() : song.status().message().empty()) std::abort();
  return 0;
}
