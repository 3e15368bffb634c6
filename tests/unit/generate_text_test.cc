// SPDX-License-Identifier: Apache-2.0
// Keys and chords as text.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "daemon/generate/chords.h"
#include "daemon/generate/key_text.h"

using namespace continuo::generate;
using continuo::midi::Key;
using continuo::midi::KeySignature;

namespace {

std::uint16_t Bits(std::initializer_list<int> classes) {
  unsigned bits = 0;
  for (const int one : classes) bits |= 1U << one;
  return static_cast<std::uint16_t>(bits);
}

std::string Refusal(const std::string& chords) {
  const auto parsed = ParseChords(chords);
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.status().code() == absl::StatusCode::kInvalidArgument);
  return std::string(parsed.status().message());
}

}  // namespace

TEST_CASE("Keys are read as musicians write them", "[generate]") {
  const std::vector<std::pair<std::string, Key>> keys = {
      {"C", {0, "major"}},         {"Dm", {2, "minor"}},
      {"F#", {6, "major"}},        {"Bb minor", {10, "minor"}},
      {"C major", {0, "major"}},   {" c minor ", {0, "minor"}},
      {"E♭ major", {3, "major"}},  {"F♯m", {6, "minor"}},
      {"D dorian", {2, "dorian"}}, {"D-dorian", {2, "dorian"}},
      {"CM", {0, "major"}},        {"Cm", {0, "minor"}},
      {"b", {11, "major"}},        {"A Harmonic Minor", {9, "harmonic-minor"}},
      {"Cb", {11, "major"}},       {"g aeolian", {7, "minor"}},
  };
  for (const auto& [text, key] : keys) {
    INFO(text);
    const auto parsed = ParseKeyText(text);
    REQUIRE(parsed.ok());
    CHECK(*parsed == key);
  }
}

TEST_CASE("What is no key is refused with what is expected", "[generate]") {
  for (const std::string text :
       {"", " ", "H", "Dx", "D major minor", "#", "m", "D - - dorian x", "Dorian"}) {
    INFO(text);
    const auto parsed = ParseKeyText(text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(std::string(parsed.status().message()).find("Bb minor") != std::string::npos);
  }
  CHECK(ParseKeyText(std::string(100000, 'D')).status().message().size() < 400);
}

TEST_CASE("A key has its scale's pitch classes and its signature", "[generate]") {
  CHECK(PitchClasses(Key{0, "major"}) == Bits({0, 2, 4, 5, 7, 9, 11}));
  CHECK(PitchClasses(Key{2, "minor"}) == Bits({2, 4, 5, 7, 9, 10, 0}));
  CHECK(KeyInWords({2, "dorian"}) == "D dorian");
  CHECK(SignatureOf({9, "minor"}) == KeySignature{0, 0, true});
  CHECK(SignatureOf({2, "minor"}) == KeySignature{0, -1, true});
  CHECK(SignatureOf({2, "dorian"}) == KeySignature{0, 0, true});
  CHECK(SignatureOf({7, "mixolydian"}) == KeySignature{0, 0, false});
  CHECK(SignatureOf({6, "major"}) == KeySignature{0, 6, false});
  // Every signature from five flats to six sharps comes back.
  for (const bool minor : {false, true}) {
    for (int sharps = -5; sharps <= 6; ++sharps) {
      CHECK(SignatureOf(KeyOf({0, sharps, minor})) == KeySignature{0, sharps, minor});
    }
  }
  CHECK(KeyOf({0, 7, false}).tonic == 1);
  CHECK(KeyOf({0, -7, true}).tonic == 8);
}

TEST_CASE("Chords are read in bars that they share evenly", "[generate]") {
  const auto bars = ParseChords("Dm | G7 | C A7 | Dm");
  REQUIRE(bars.ok());
  REQUIRE(bars->size() == 4);
  CHECK((*bars)[0] == ChordBar{{2, ChordQuality::kMinor, -1}});
  CHECK((*bars)[1] == ChordBar{{7, ChordQuality::kDominant7, -1}});
  CHECK((*bars)[2] == ChordBar{{0, ChordQuality::kMajor, -1}, {9, ChordQuality::kDominant7, -1}});
  CHECK(ChordAt(*bars, 2, 0, 4).root == 0);
  CHECK(ChordAt(*bars, 2, 1, 4).root == 0);
  CHECK(ChordAt(*bars, 2, 2, 4).root == 9);
  CHECK(ChordAt(*bars, 5, 0, 4).root == 7);  // begins again
  CHECK(ChordAt({}, 0, 0, 4).is_none());
}

TEST_CASE("Every quality is read, written and has its notes", "[generate]") {
  struct Case {
    const char* text;
    std::uint16_t classes;
  };
  const std::vector<Case> cases = {
      {"C", Bits({0, 4, 7})},      {"Dm", Bits({2, 5, 9})},        {"Bdim", Bits({11, 2, 5})},
      {"Caug", Bits({0, 4, 8})},   {"G7", Bits({7, 11, 2, 5})},    {"Fmaj7", Bits({5, 9, 0, 4})},
      {"Am7", Bits({9, 0, 4, 7})}, {"Bm7b5", Bits({11, 2, 5, 9})}, {"C#dim7", Bits({1, 4, 7, 10})},
      {"Dsus2", Bits({2, 4, 9})},  {"Dsus4", Bits({2, 7, 9})},     {"N.C.", 0},
      {"F/A", Bits({5, 9, 0})},    {"C/Bb", Bits({0, 4, 7, 10})},
  };
  for (const Case& one : cases) {
    INFO(one.text);
    const auto bars = ParseChords(one.text);
    REQUIRE(bars.ok());
    CHECK(PitchClasses((*bars)[0][0]) == one.classes);
    CHECK(FormatChords(*bars) == one.text);
  }
}

TEST_CASE("Other ways to write a chord mean the nearest quality", "[generate]") {
  const std::vector<std::pair<const char*, const char*>> same = {
      {"CM7", "Cmaj7"},   {"CΔ", "Cmaj7"},          {"Cmin7", "Cm7"},
      {"C-", "Cm"},       {"Co7", "Cdim7"},         {"Bø", "Bm7b5"},
      {"C6/9", "C"},      {"C6/9/E", "C/E"},        {"C/C", "C"},
      {"Db", "C#"},       {"Gsus", "Gsus4"},        {"A♭7", "Ab7"},
      {"|C|G|", "C | G"}, {"C | | %", "C | C | C"}, {"C % G", "C C G"},
      {"NC", "N.C."},
  };
  for (const auto& [text, means] : same) {
    INFO(text);
    const auto bars = ParseChords(text);
    REQUIRE(bars.ok());
    CHECK(FormatChords(*bars) == means);
  }
}

TEST_CASE("What is no chord is refused with its bar", "[generate]") {
  CHECK(Refusal("C | H7").find("bar 2: 'H7'") == 0);
  CHECK(Refusal("C | G | Cfoo").find("bar 3: 'Cfoo'") == 0);
  CHECK(Refusal("C/").find("bar 1") == 0);
  CHECK(Refusal("C/X").find("bar 1") == 0);
  CHECK(Refusal("").find("no chord") != std::string::npos);
  CHECK(Refusal(" | ").find("no chord") != std::string::npos);
  CHECK(Refusal("|").find("no chord") != std::string::npos);
  CHECK(Refusal("| | C").find("bar 1") == 0);
  CHECK(Refusal("%").find("bar 1") == 0);
  CHECK(Refusal("C C C C C C C C C C C C C C C C C").find("more than 16") != std::string::npos);
  std::string many = "C";
  for (int i = 0; i < 300; ++i) many += " | C";
  CHECK(Refusal(many).find("more than 256") != std::string::npos);
  CHECK(Refusal(std::string(5000, 'x')).size() < 300);
}
