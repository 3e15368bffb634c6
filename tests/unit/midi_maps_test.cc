// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "shared/midi/meter_map.h"
#include "shared/midi/rescale.h"
#include "shared/midi/tempo_map.h"
#include "tests/unit/random_song.h"

namespace continuo::midi {
namespace {

TEST_CASE("MeterMap: bars of 4/4 where a song says nothing") {
  const Song song;
  const MeterMap map(song);
  CHECK(map.PositionOf(0) == Position{0, 0, 0});
  CHECK(map.PositionOf(1919) == Position{0, 3, 479});
  CHECK(map.PositionOf(1920) == Position{1, 0, 0});
  CHECK(map.Describe(1920 + 480) == "bar 2, beat 2");
}

TEST_CASE("MeterMap: signatures change") {
  Song song;
  song.meters = {{0, 3, 4, 24, 8}, {2880, 6, 8, 36, 8}, {5760, 5, 4, 24, 8}};
  const MeterMap map(song);
  CHECK(map.BarStart(2) == 2880);
  CHECK(map.PositionOf(2880 + 240 * 7) == Position{3, 1, 0});
  CHECK(map.PositionOf(5760) == Position{4, 0, 0});
  CHECK(map.BarStart(5) == 5760 + 2400);
  CHECK(map.BarLineFrom(5761) == 5760 + 2400);
  CHECK(map.BarLineFrom(5760) == 5760);
}

TEST_CASE("MeterMap: a signature in the middle of a bar ends that bar") {
  Song song;
  song.meters = {{700, 4, 4, 24, 8}};
  const MeterMap map(song);
  CHECK(map.PositionOf(699) == Position{0, 1, 219});
  CHECK(map.PositionOf(700) == Position{1, 0, 0});
  CHECK(map.BarStart(2) == 700 + 1920);
}

TEST_CASE("MeterMap: bars that are no whole number of ticks do not drift") {
  Song song{.ticks_per_quarter = 5};
  song.meters = {{0, 3, 8, 24, 8}};  // 7.5 ticks
  const MeterMap map(song);
  CHECK(map.BarStart(1) == 8);
  CHECK(map.BarStart(2) == 15);
  CHECK(map.BarStart(2000) == 15000);
}

TEST_CASE("MeterMap: any tick goes to its position and back") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SongMaker maker(seed);
    const Song song = maker.Make();
    const MeterMap map(song);
    for (int i = 0; i < 200; ++i) {
      const Tick time = maker.Up(6000000);
      const Position position = map.PositionOf(time);
      CHECK(map.TickOf(position) == time);
      CHECK(map.BarStart(position.bar) <= time);
      CHECK(map.BarStart(position.bar + 1) > time);
      CHECK(map.PositionOf(map.BarStart(position.bar)) == Position{position.bar, 0, 0});
    }
  }
}

TEST_CASE("TempoMap: 120 quarters a minute where a song says nothing") {
  const Song song;
  CHECK(TempoMap(song).SecondsAt(480) == 0.5);
  CHECK(TempoMap(song).TickAt(0.5) == 480);
}

TEST_CASE("TempoMap: seconds add up over changes of tempo") {
  Song song;
  song.tempos = {{480, 1000000}, {960, 250000}};
  const TempoMap map(song);
  CHECK(map.SecondsAt(480) == 0.5);
  CHECK(map.SecondsAt(960) == 1.5);
  CHECK(map.SecondsAt(960 + 1920) == 2.5);
  CHECK(map.UsPerQuarterAt(959) == 1000000);
  CHECK(map.UsPerQuarterAt(960) == 250000);
}

TEST_CASE("TempoMap: any tick goes to its second and back") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SongMaker maker(seed);
    const Song song = maker.Make();
    const TempoMap map(song);
    for (int i = 0; i < 100; ++i) {
      const Tick time = maker.Up(6000000);
      CHECK(map.TickAt(map.SecondsAt(time)) == time);
    }
  }
}

TEST_CASE("Rescale: to finer ticks and back nothing changes") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Song song = SongMaker(seed).Make();
    if (song.ticks_per_quarter > 1000) continue;
    const absl::StatusOr<Rescaled> fine = Rescale(song, song.ticks_per_quarter * 7);
    REQUIRE(fine.ok());
    CHECK(fine->moved_notes == 0);
    CHECK(Rescale(fine->song, song.ticks_per_quarter)->song == song);
  }
}

TEST_CASE("Rescale: to coarser ticks, nearest, and what met still meets") {
  Song song{.ticks_per_quarter = 480};
  song.tracks.resize(1);
  song.tracks[0].notes = {{.start = 0, .length = 154}, {.start = 154, .length = 2}};
  Normalise(song);
  const absl::StatusOr<Rescaled> coarse = Rescale(song, 48);
  REQUIRE(coarse.ok());
  CHECK(coarse->moved_notes == 2);
  CHECK(coarse->song.tracks[0].notes[0].end() == 15);
  CHECK(coarse->song.tracks[0].notes[1].start == 15);
  CHECK(coarse->song.tracks[0].notes[1].length == 1);
  CHECK_FALSE(Rescale(song, 0).ok());
  song.tracks[0].end = kMaxTick / 2;
  CHECK(Rescale(song, 4800).status().code() == absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace continuo::midi
