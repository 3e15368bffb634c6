// SPDX-License-Identifier: Apache-2.0
// Any text is refused with words, or is chords (a key) whose own text reads as the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/generate/chords.h"
#include "daemon/generate/key_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace generate = continuo::generate;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto bars = generate::ParseChords(text);
  if (bars.ok()) {
    if (bars->empty() || bars->size() > generate::kMaxChordBars) std::abort();
    for (const generate::ChordBar& bar : *bars) {
      if (bar.empty() || bar.size() > generate::kMaxChordsPerBar) std::abort();
      for (const generate::Chord& chord : bar) {
        if ((generate::PitchClasses(chord) == 0) != chord.is_none()) std::abort();
      }
    }
    const auto again = generate::ParseChords(generate::FormatChords(*bars));
    if (!again.ok() || *again != *bars) std::abort();
  } else if (bars.status().message().empty() || bars.status().message().size() > 512) {
    std::abort();
  }
  const auto key = generate::ParseKeyText(text);
  if (key.ok()) {
    const auto again = generate::ParseKeyText(generate::KeyInWords(*key));
    if (!again.ok() || !(*again == *key) || generate::PitchClasses(*key) == 0) std::abort();
  } else if (key.status().message().empty() || key.status().message().size() > 512) {
    std::abort();
  }
  return 0;
}
