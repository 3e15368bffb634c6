// SPDX-License-Identifier: Apache-2.0
// Transforms of a whole song's time.
#include "tests/unit/transformed.h"

namespace continuo::midi {
namespace {

// Four bars of 4/4 with a quarter on each bar line, and what goes with them.
Song FourBars() {
  std::vector<Note> notes;
  for (int bar = 0; bar < 4; ++bar) {
    notes.push_back(
        {.start = bar * 1920, .length = 480, .pitch = static_cast<std::uint8_t>(60 + bar)});
  }
  Song song = SongOf(notes);
  song.tracks[0].events = {{0, 0xC0, "\x05"}, {1920, 0xC0, "\x06"}, {1920, 0xB0, "\x07\x50"}};
  song.tracks[0].end = 4 * 1920;
  song.tempos = {{0, 500000}, {3840, 400000}};
  song.keys = {{0, 1, false}};
  return song;
}

std::vector<int> Pitches(const Song& song) {
  std::vector<int> pitches;
  for (const Note& note : song.tracks[0].notes) pitches.push_back(note.pitch);
  return pitches;
}

TEST_CASE("Stretch: everything is longer, and the tempo stays") {
  const Song song = *Transformed("stretch:factor=3/2", FourBars());
  CHECK(song.tracks[0].notes[1] == Note{.start = 2880, .length = 720, .pitch = 61});
  CHECK(song.tracks[0].events[1].time == 2880);
  CHECK(song.tempos == std::vector<Tempo>{{0, 500000}, {5760, 400000}});
  CHECK(song.tracks[0].end == 4 * 2880);
}

TEST_CASE("Stretch: there and back is nothing") {
  CHECK(*Transformed("stretch:factor=4;stretch:factor=0.25", FourBars()) == FourBars());
}

TEST_CASE("Crop: bars with the programs, tempo and key that were in force") {
  const Song song = *Transformed("crop:from=3,to=4", FourBars());
  CHECK(Pitches(song) == std::vector<int>{62, 63});
  CHECK(song.tracks[0].notes[0].start == 0);
  CHECK(song.tracks[0].events == std::vector<Event>{{0, 0xC0, "\x06"}, {0, 0xB0, "\x07\x50"}});
  CHECK(song.tempos == std::vector<Tempo>{{0, 400000}});
  CHECK(song.keys == std::vector<KeySignature>{{0, 1, false}});
  CHECK(EndOf(song) == 3840);
}

TEST_CASE("Crop: of notes that sound into it or beyond it, the rest") {
  const Song song =
      *Transformed("crop:from=2,to=2", SongOf({{.start = 1000, .length = 5000}, {.start = 9000}}));
  REQUIRE(song.tracks[0].notes.size() == 1);
  CHECK(song.tracks[0].notes[0] == Note{.start = 0, .length = 1920});
}

TEST_CASE("Crop: signatures count") {
  Song song = FourBars();
  song.meters = {{0, 3, 4, 24, 8}, {2880, 2, 4, 24, 8}};
  const Song cropped = *Transformed("crop:from=3,to=4", song);
  CHECK(cropped.meters == std::vector<Meter>{{0, 2, 4, 24, 8}});
  CHECK(EndOf(cropped) == 1920);
  REQUIRE(Pitches(cropped) == std::vector<int>{62});
  CHECK(cropped.tracks[0].notes[0].start == 960);
}

TEST_CASE("Crop: all bars is the song") { CHECK(*Transformed("crop", FourBars()) == FourBars()); }

TEST_CASE("Repeat: bars several times, and then on") {
  const Song song = *Transformed("repeat:from=2,to=3,times=3", FourBars());
  CHECK(Pitches(song) == std::vector<int>{60, 61, 62, 61, 62, 61, 62, 63});
  CHECK(song.tracks[0].notes.back().start == 7 * 1920);
  CHECK(song.tempos == std::vector<Tempo>{{0, 500000},
                                          {3840, 400000},
                                          {5760, 500000},
                                          {7680, 400000},
                                          {9600, 500000},
                                          {11520, 400000}});
  CHECK(EndOf(song) == 8 * 1920);
}

TEST_CASE("Repeat: notes are cut where it goes back, and go on where it does not") {
  const Song song = *Transformed("repeat:from=1,to=1", SongOf({{.start = 960, .length = 1920}}));
  REQUIRE(song.tracks[0].notes.size() == 2);
  CHECK(song.tracks[0].notes[0] == Note{.start = 960, .length = 960});
  CHECK(song.tracks[0].notes[1] == Note{.start = 2880, .length = 1920});
}

TEST_CASE("Repeat: once is the song") {
  CHECK(*Transformed("repeat:times=1", FourBars()) == FourBars());
}

TEST_CASE("Arrange: bars that the song does not have are refused") {
  CHECK(ErrorOf("crop:from=5", FourBars()) ==
        "crop: from is 5; the song has 4 bars, of which from to to is expected in order");
  CHECK_THAT(ErrorOf("crop:from=2,to=9", FourBars()),
             Catch::Contains("crop: to is 9; the song has 4"));
  CHECK_THAT(ErrorOf("repeat:from=3,to=2", FourBars()), Catch::Contains("repeat: from is 3"));
}

TEST_CASE("Arrange: a song that would be too long is refused before it is made") {
  Song song = FourBars();
  song.tracks[0].notes[0].start = 0;
  song.tracks[0].end = 30000000;
  CHECK_THAT(ErrorOf("stretch:factor=16", song),
             Catch::Contains("stretch: with this factor the song would have 480000000 ticks"));
  CHECK_THAT(ErrorOf("repeat:times=1000", song),
             Catch::Contains("repeat: with this times the song would have"));
}

}  // namespace
}  // namespace continuo::midi
