// SPDX-License-Identifier: Apache-2.0
// Keys as musicians write them: "Dm", "F#", "Bb minor", "c minor", "D dorian", "E♭ major".
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/midi/scale.h"
#include "shared/midi/song.h"

namespace continuo::generate {

// INVALID_ARGUMENT that says what is expected. A tonic in lower case is one too; without a
// mode it is major, as ever.
[[nodiscard]] absl::StatusOr<midi::Key> ParseKeyText(std::string_view text);

// "D minor", "C major", "D dorian".
[[nodiscard]] std::string KeyInWords(const midi::Key& key);

// Major or minor of a MIDI file's key signature, and back: modes have that of the relative
// major; scales that are none of the seven modes that of their third.
[[nodiscard]] midi::Key KeyOf(const midi::KeySignature& signature);
[[nodiscard]] midi::KeySignature SignatureOf(const midi::Key& key);

// Whether the scale's third is minor.
[[nodiscard]] bool IsMinor(const midi::Key& key);

// Pitch classes of the scale as bits, bit 0 is C.
[[nodiscard]] std::uint16_t PitchClasses(const midi::Key& key);

// Reads a pitch name off the front of `text`: A to G, then #, b, ♯ or ♭; 0 to 11.
[[nodiscard]] std::optional<int> TakePitchClass(std::string_view& text);

// Without the blanks around it.
[[nodiscard]] std::string_view Trimmed(std::string_view text);

}  // namespace continuo::generate
