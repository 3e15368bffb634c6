// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/chords.h"

#include <algorithm>
#include <array>
#include <optional>

#include "daemon/base/str_cat.h"
#include "daemon/generate/key_text.h"

namespace continuo::generate {
namespace {

using enum ChordQuality;

struct Named {
  std::string_view text;
  ChordQuality quality;
};

// The first of a quality is how it is written.
constexpr std::array kNames = std::to_array<Named>({
    {"", kMajor},
    {"m", kMinor},
    {"dim", kDiminished},
    {"aug", kAugmented},
    {"7", kDominant7},
    {"maj7", kMajor7},
    {"m7", kMinor7},
    {"m7b5", kHalfDiminished7},
    {"dim7", kDiminished7},
    {"sus2", kSuspended2},
    {"sus4", kSuspended4},
    {"maj", kMajor},
    {"M", kMajor},
    {"major", kMajor},
    {"5", kMajor},
    {"6", kMajor},
    {"add9", kMajor},
    {"add2", kMajor},
    {"6/9", kMajor},
    {"69", kMajor},
    {"min", kMinor},
    {"minor", kMinor},
    {"-", kMinor},
    {"m6", kMinor},
    {"min6", kMinor},
    {"madd9", kMinor},
    {"o", kDiminished},
    {"°", kDiminished},
    {"mb5", kDiminished},
    {"+", kAugmented},
    {"#5", kAugmented},
    {"9", kDominant7},
    {"11", kDominant7},
    {"13", kDominant7},
    {"7b9", kDominant7},
    {"7#9", kDominant7},
    {"7b5", kDominant7},
    {"7#11", kDominant7},
    {"dom7", kDominant7},
    {"M7", kMajor7},
    {"Maj7", kMajor7},
    {"ma7", kMajor7},
    {"j7", kMajor7},
    {"Δ", kMajor7},
    {"Δ7", kMajor7},
    {"maj9", kMajor7},
    {"M9", kMajor7},
    {"min7", kMinor7},
    {"-7", kMinor7},
    {"m9", kMinor7},
    {"m11", kMinor7},
    {"min9", kMinor7},
    {"min7b5", kHalfDiminished7},
    {"-7b5", kHalfDiminished7},
    {"hdim7", kHalfDiminished7},
    {"ø", kHalfDiminished7},
    {"ø7", kHalfDiminished7},
    {"o7", kDiminished7},
    {"°7", kDiminished7},
    {"sus", kSuspended4},
    {"7sus4", kSuspended4},
    {"7sus", kSuspended4},
    {"9sus4", kSuspended4},
    {"aug7", kAugmented},
    {"+7", kAugmented},
    {"7#5", kAugmented},
});

constexpr std::array<std::uint16_t, kChordQualities> kIntervals{
    1U << 0 | 1U << 4 | 1U << 7,             // major
    1U << 0 | 1U << 3 | 1U << 7,             // minor
    1U << 0 | 1U << 3 | 1U << 6,             // diminished
    1U << 0 | 1U << 4 | 1U << 8,             // augmented
    1U << 0 | 1U << 4 | 1U << 7 | 1U << 10,  // dominant seventh
    1U << 0 | 1U << 4 | 1U << 7 | 1U << 11,  // major seventh
    1U << 0 | 1U << 3 | 1U << 7 | 1U << 10,  // minor seventh
    1U << 0 | 1U << 3 | 1U << 6 | 1U << 10,  // half-diminished seventh
    1U << 0 | 1U << 3 | 1U << 6 | 1U << 9,   // diminished seventh
    1U << 0 | 1U << 2 | 1U << 7,             // suspended second
    1U << 0 | 1U << 5 | 1U << 7,             // suspended fourth
};

std::optional<Chord> ParseChord(std::string_view text) {
  if (text == "N.C." || text == "NC" || text == "N") return Chord{};
  Chord chord;
  // A root in lower case would make "b" a chord; chords begin with a capital.
  if (text.empty() || text[0] < 'A' || text[0] > 'G') return std::nullopt;
  chord.root = *TakePitchClass(text);
  const std::size_t slash = text.rfind('/');
  if (slash != std::string_view::npos && text.substr(slash) != "/9") {
    std::string_view bass = text.substr(slash + 1);
    const std::optional<int> pitch = TakePitchClass(bass);
    if (!pitch || !bass.empty()) return std::nullopt;
    if (*pitch != chord.root) chord.bass = *pitch;
    text = text.substr(0, slash);
  }
  for (const Named& name : kNames) {
    if (name.text != text) continue;
    chord.quality = name.quality;
    return chord;
  }
  return std::nullopt;
}

absl::Status InBar(std::size_t bar, std::string_view what) {
  return absl::InvalidArgumentError(base::StrCat("bar ", bar + 1, ": ", what));
}

absl::StatusOr<ChordBar> ParseBar(std::string_view text, std::size_t number, const Chord* before) {
  ChordBar bar;
  while (!(text = Trimmed(text)).empty()) {
    const std::string_view word = text.substr(0, text.find_first_of(" \t\r\n"));
    text.remove_prefix(word.size());
    if (bar.size() == kMaxChordsPerBar) {
      return InBar(number, base::StrCat("more than ", kMaxChordsPerBar, " chords"));
    }
    if (word == "%") {
      if (bar.empty() && before == nullptr) return InBar(number, "% repeats a chord that is none");
      bar.push_back(bar.empty() ? *before : bar.back());
      continue;
    }
    const std::optional<Chord> chord = ParseChord(word);
    if (!chord) {
      return InBar(number, base::StrCat("'", word.substr(0, 40),
                                        "' is no chord; such as C, Dm, G7, Fmaj7, Am7, Bm7b5, "
                                        "Bdim, Caug, Dsus4, C/E or N.C. is expected"));
    }
    bar.push_back(*chord);
  }
  return bar;
}

}  // namespace

absl::StatusOr<std::vector<ChordBar>> ParseChords(std::string_view text) {
  text = Trimmed(text);
  if (!text.empty() && text.front() == '|') text.remove_prefix(1);
  if (!text.empty() && text.back() == '|') text.remove_suffix(1);
  if (Trimmed(text).empty()) return absl::InvalidArgumentError("there is no chord in it");
  std::vector<ChordBar> bars;
  for (bool more = true; more;) {
    if (bars.size() == kMaxChordBars) {
      return absl::InvalidArgumentError(base::StrCat("more than ", kMaxChordBars, " bars"));
    }
    const std::size_t line = text.find('|');
    more = line != std::string_view::npos;
    absl::StatusOr<ChordBar> bar =
        ParseBar(text.substr(0, line), bars.size(), bars.empty() ? nullptr : &bars.back().back());
    if (!bar.ok()) return bar.status();
    if (bar->empty() && bars.empty()) return InBar(0, "the first bar has no chord");
    bars.push_back(bar->empty() ? bars.back() : *std::move(bar));
    if (more) text.remove_prefix(line + 1);
  }
  return bars;
}

std::string FormatChord(const Chord& chord) {
  if (chord.is_none()) return "N.C.";
  std::string text = base::StrCat(midi::FormatKey({chord.root, "major"}),
                                  kNames[static_cast<std::size_t>(chord.quality)].text);
  if (chord.bass >= 0) base::StrAppend(&text, "/", midi::FormatKey({chord.bass, "major"}));
  return text;
}

std::string FormatChords(const std::vector<ChordBar>& bars) {
  std::string text;
  for (const ChordBar& bar : bars) {
    if (!text.empty()) text += " |";
    for (const Chord& chord : bar)
      base::StrAppend(&text, text.empty() ? "" : " ", FormatChord(chord));
  }
  return text;
}

std::uint16_t PitchClasses(const Chord& chord) {
  if (chord.is_none()) return 0;
  const unsigned intervals = kIntervals[static_cast<std::size_t>(chord.quality)];
  unsigned bits = intervals << chord.root | intervals >> (midi::kPitchesPerOctave - chord.root);
  if (chord.bass >= 0) bits |= 1U << chord.bass;
  return static_cast<std::uint16_t>(bits & 0xFFFU);
}

Chord ChordAt(const std::vector<ChordBar>& bars, std::size_t bar, std::size_t numerator,
              std::size_t denominator) {
  if (bars.empty()) return {};
  const ChordBar& chords = bars[bar % bars.size()];
  return chords[std::min(numerator * chords.size() / denominator, chords.size() - 1)];
}

}  // namespace continuo::generate
