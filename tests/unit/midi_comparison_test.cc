// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>

#include "shared/midi/note_identity.h"
#include "shared/midi/picture/comparison.h"

namespace continuo::midi {
namespace {

ComparedSong Sample(int ticks, int pitch) {
  ComparedSong one;
  one.song.ticks_per_quarter = ticks;
  one.song.tracks.resize(1);
  one.song.tracks[0].notes = {
      {.start = 0, .length = ticks, .pitch = 60},
      {.start = ticks, .length = ticks, .pitch = static_cast<std::uint8_t>(pitch)}};
  Normalise(one.song);
  one.title = "title";
  one.details = "details";
  one.score = 0.7;
  return one;
}

// Of the PNG's header (big-endian, at fixed places).
int Number(const std::string& png, std::size_t at) {
  int value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(png[at + i]);
  return value;
}

TEST_CASE("Comparison: two stand side by side, more in rows of two") {
  const auto size = [](std::size_t count) {
    const absl::StatusOr<std::string> png =
        ComparisonPng(std::vector<ComparedSong>(count, Sample(480, 64)), {800, 200});
    REQUIRE(png.ok());
    return std::pair(Number(*png, 16), Number(*png, 20));
  };
  CHECK(size(2).first == 800);
  CHECK(size(2).second < 250);
  CHECK(size(1).second < 250);
  CHECK(size(3).second > 400);
  CHECK(size(16).second > 1600);
}

TEST_CASE("Comparison: the same bytes for the same songs, others for others") {
  const std::vector<ComparedSong> same{Sample(480, 64), Sample(480, 64)};
  const std::vector<ComparedSong> other{Sample(480, 64), Sample(480, 65)};
  CHECK(*ComparisonPng(same) == *ComparisonPng(same));
  CHECK(*ComparisonPng(same) != *ComparisonPng(other));
}

TEST_CASE("Comparison: notes are the same whatever the ticks of their files") {
  CHECK(IdentityOf({.start = 480, .length = 240, .pitch = 60}, 480) ==
        IdentityOf({.start = 96, .length = 48, .pitch = 60}, 96));
  CHECK(*ComparisonPng({Sample(480, 64), Sample(480, 64)}) ==
        *ComparisonPng({Sample(480, 64), Sample(96, 64)}));
}

TEST_CASE("Match: each note of one side is the partner of one of the other") {
  const NoteIdentity c{0, 960, 60}, longer{0, 1920, 60}, e{960, 960, 64};
  const MatchedNotes matched = Match({c, e, c, longer}, {e, c});
  CHECK(matched.count == 2);
  CHECK(std::count(matched.left.begin(), matched.left.end(), true) == 2);
  CHECK(matched.left[1]);
  CHECK(matched.left[0] != matched.left[2]);
  CHECK_FALSE(matched.left[3]);
  CHECK(matched.right == std::vector<bool>{true, true});
  CHECK(Match({}, {c}).right == std::vector<bool>{false});
}

TEST_CASE("Comparison: no song, too many, or a size that is none is refused") {
  CHECK(ComparisonPng({}).status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(ComparisonPng(std::vector<ComparedSong>(17, Sample(480, 64))).status().code() ==
        absl::StatusCode::kInvalidArgument);
  CHECK(ComparisonPng({Sample(480, 64)}, {100, 200}).status().code() ==
        absl::StatusCode::kOutOfRange);
  CHECK(ComparisonPng({Sample(480, 64)}, {800, 5000}).status().code() ==
        absl::StatusCode::kOutOfRange);
  ComparedSong bad = Sample(480, 64);
  bad.song.tracks[0].notes[0].velocity = 0;
  CHECK(!ComparisonPng({bad}).ok());
}

}  // namespace
}  // namespace continuo::midi
