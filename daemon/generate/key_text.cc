// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/key_text.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "daemon/base/str_cat.h"

namespace continuo::generate {
namespace {

constexpr int kOctave = midi::kPitchesPerOctave;

// Longer text is no key, and is not worth repeating in a message.
constexpr std::size_t kLongest = 40;

bool TakeWord(std::string_view& text, std::string_view word) {
  if (text.substr(0, word.size()) != word) return false;
  text.remove_prefix(word.size());
  return true;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char letter) {
    return static_cast<char>(letter < 0x80 ? std::tolower(letter) : letter);
  });
  return lower;
}

// A name that outlives the text: Key has a view of it.
std::optional<std::string_view> ScaleNamed(std::string_view name) {
  static const std::string names = midi::ScaleNames();
  std::string_view rest = names;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(", ");
    const std::string_view one = rest.substr(0, comma);
    if (one == name) return one;
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 2);
  }
  return std::nullopt;
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<int> TakePitchClass(std::string_view& text) {
  constexpr std::array<int, 7> kNaturals{9, 11, 0, 2, 4, 5, 7};  // A to G
  if (text.empty()) return std::nullopt;
  const char letter = static_cast<char>(text[0] >= 'a' && text[0] <= 'g' ? text[0] - 32 : text[0]);
  if (letter < 'A' || letter > 'G') return std::nullopt;
  int pitch = kNaturals[static_cast<std::size_t>(letter - 'A')];
  text.remove_prefix(1);
  if (TakeWord(text, "#") || TakeWord(text, "♯")) {
    ++pitch;
  } else if (TakeWord(text, "b") || TakeWord(text, "♭")) {
    pitch += kOctave - 1;
  }
  return pitch % kOctave;
}

absl::StatusOr<midi::Key> ParseKeyText(std::string_view text) {
  std::string_view rest = Trimmed(text);
  const auto wrong = [text] {
    return absl::InvalidArgumentError(
        base::StrCat("'", text.substr(0, kLongest),
                     "' is no key; such as Dm, F#, Bb minor or D dorian is expected, the scale one "
                     "of ",
                     midi::ScaleNames()));
  };
  const std::optional<int> tonic = TakePitchClass(rest);
  if (!tonic || rest.size() > kLongest) return wrong();
  if (rest == "M") return midi::Key{*tonic, "major"};
  std::string mode = Lower(rest);
  // "D-dorian", "D dorian", "D harmonic minor".
  std::replace(mode.begin(), mode.end(), ' ', '-');
  mode.erase(0, mode.find_first_not_of('-'));
  if (mode.empty() || mode == "maj") return midi::Key{*tonic, "major"};
  if (mode == "m" || mode == "min") return midi::Key{*tonic, "minor"};
  if (mode == "natural-minor" || mode == "aeolian") return midi::Key{*tonic, "minor"};
  if (mode == "ionian") return midi::Key{*tonic, "major"};
  const std::optional<std::string_view> scale = ScaleNamed(mode);
  if (!scale) return wrong();
  return midi::Key{*tonic, *scale};
}

bool IsMinor(const midi::Key& key) {
  const unsigned bits = midi::ScaleBits(key.scale);
  return (bits >> 3 & 1U) != 0 && (bits >> 4 & 1U) == 0;
}

std::uint16_t PitchClasses(const midi::Key& key) {
  const unsigned bits = midi::ScaleBits(key.scale);
  return static_cast<std::uint16_t>((bits << key.tonic | bits >> (kOctave - key.tonic)) & 0xFFFU);
}

std::string KeyInWords(const midi::Key& key) {
  return base::StrCat(midi::FormatKey({key.tonic, "major"}), " ", key.scale);
}

midi::Key KeyOf(const midi::KeySignature& signature) {
  // A fifth up for each sharp; the minor tonic stands nine semitones above the major one.
  const int major = (signature.sharps * 7 % kOctave + kOctave) % kOctave;
  return {signature.minor ? (major + 9) % kOctave : major, signature.minor ? "minor" : "major"};
}

midi::KeySignature SignatureOf(const midi::Key& key) {
  struct Mode {
    std::string_view scale;
    int above;  // semitones from the relative major's tonic
  };
  constexpr std::array<Mode, 5> kModes{
      {{"dorian", 2}, {"phrygian", 4}, {"lydian", 5}, {"mixolydian", 7}, {"locrian", 11}}};
  const bool minor = IsMinor(key);
  int above = minor ? 9 : 0;
  for (const Mode& mode : kModes) {
    if (mode.scale == key.scale) above = mode.above;
  }
  const int major = (key.tonic - above + kOctave) % kOctave;
  // As many sharps as fifths from C, the fewer of sharps and flats: -5 (Db) to 6 (F#).
  int sharps = major * 7 % kOctave;
  if (sharps > 6) sharps -= kOctave;
  return {.time = 0, .sharps = sharps, .minor = minor};
}

}  // namespace continuo::generate
