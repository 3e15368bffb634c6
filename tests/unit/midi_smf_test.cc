// SPDX-License-Identifier: Apache-2.0
// Standard MIDI Files: what we write reads back equal, and what others write is read.
#include <catch2/catch.hpp>
#include <string>

#include "shared/midi/smf_reader.h"
#include "shared/midi/smf_writer.h"
#include "tests/unit/random_song.h"
#include "tests/unit/smf_bytes.h"

namespace continuo::midi {
namespace {

using Remarks = std::vector<std::string>;

Song Read(const std::string& bytes, Remarks* remarks = nullptr) {
  const absl::StatusOr<Song> song = ReadSmf(bytes, remarks);
  INFO(song.status());
  REQUIRE(song.ok());
  return *song;
}

std::string Write(const Song& song) {
  const absl::StatusOr<std::string> bytes = WriteSmf(song);
  INFO(bytes.status());
  REQUIRE(bytes.ok());
  return *bytes;
}

TEST_CASE("Smf: a song of anything reads back as it was written") {
  std::size_t notes = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const Song song = SongMaker(seed).Make();
    INFO("seed " << seed << ": " << Validate(song));
    REQUIRE(Validate(song).ok());
    Remarks remarks;
    const Song back = Read(Write(song), &remarks);
    CHECK(back == song);
    CHECK(remarks.empty());
    CHECK(Write(back) == Write(song));
    notes += NoteCount(song);
  }
  CHECK(notes > 10000);
}

TEST_CASE("Smf: one track is format 0, more are format 1") {
  Song song;
  CHECK(Write(song).substr(8, 4) == Bytes({0, 0, 0, 1}));
  song.tracks.resize(1);
  CHECK(Write(song).substr(8, 4) == Bytes({0, 0, 0, 1}));
  song.tracks.resize(3);
  CHECK(Write(song).substr(8, 4) == Bytes({0, 1, 0, 3}));
}

TEST_CASE("Smf: the bytes of the standard's example, format 0") {
  // Standard MIDI Files 1.0, "MIDI files: an example": 96 ticks, 4/4, 120 a minute.
  const std::string track = Bytes(
      {0x00, 0xFF, 0x58, 0x04, 0x04, 0x02, 0x18, 0x08, 0x00, 0xFF, 0x51, 0x03, 0x07, 0xA1, 0x20,
       0x00, 0xC0, 0x05, 0x00, 0xC1, 0x2E, 0x00, 0xC2, 0x46, 0x00, 0x92, 0x30, 0x60, 0x00, 0x3C,
       0x60, 0x60, 0x91, 0x43, 0x40, 0x60, 0x90, 0x4C, 0x20, 0x81, 0x40, 0x82, 0x30, 0x40, 0x00,
       0x3C, 0x40, 0x00, 0x81, 0x43, 0x40, 0x00, 0x80, 0x4C, 0x40, 0x00, 0xFF, 0x2F, 0x00});
  const Song song = Read(Header(0, 1, 96) + Chunk("MTrk", track));
  CHECK(song.ticks_per_quarter == 96);
  CHECK(song.tempos == std::vector<Tempo>{{0, 500000}});
  CHECK(song.meters == std::vector<Meter>{{0, 4, 4, 24, 8}});
  REQUIRE(song.tracks.size() == 1);
  CHECK(song.tracks[0].events.size() == 3);
  CHECK(song.tracks[0].end == 384);
  const Notes notes = song.tracks[0].notes;
  REQUIRE(notes.size() == 4);
  CHECK(notes[0] == Note{0, 384, 0x30, 0x60, 2, 64, 0});
  CHECK(notes[1] == Note{0, 384, 0x3C, 0x60, 2, 64, 0});
  CHECK(notes[2] == Note{96, 288, 0x43, 0x40, 1, 64, 0});
  CHECK(notes[3] == Note{192, 192, 0x4C, 0x20, 0, 64, 0});
}

TEST_CASE("Smf: a note-on of velocity 0 ends a note, under running status") {
  const Song song = Read(Header(0, 1, 96) +
                         TrackChunk({0x00, 0x90, 60, 100, 0x10, 60, 0, 0x10, 60, 90, 0x10, 60, 0}));
  REQUIRE(song.tracks[0].notes.size() == 2);
  CHECK(song.tracks[0].notes[0] == Note{0, 16, 60, 100, 0, 64, 0});
  CHECK(song.tracks[0].notes[1] == Note{32, 16, 60, 90, 0, 64, 0});
}

TEST_CASE("Smf: running status goes on after meta events and SysEx") {
  const Song song = Read(Header(0, 1, 96) + TrackChunk({0x00, 0x90, 60, 100, 0x10, 0xFF, 0x01, 0x01,
                                                        'x',  0x00, 60, 0,   0x00, 0xF0, 0x02, 0x01,
                                                        0xF7, 0x01, 62, 100, 0x02, 62,   0}));
  REQUIRE(song.tracks[0].notes.size() == 2);
  CHECK(song.tracks[0].notes[1] == Note{17, 2, 62, 100, 0, 64, 0});
  CHECK(song.tracks[0].events == std::vector<Event>{{16, 0xFF, "\x01x"}, {16, 0xF0, "\x01\xF7"}});
}

TEST_CASE("Smf: of two notes of one pitch the earlier ends first") {
  const Song song = Read(Header(0, 1, 96) + TrackChunk({0x00, 0x90, 60, 1, 0x0A, 60, 2, 0x0A, 0x80,
                                                        60, 10, 0x0A, 60, 20}));
  REQUIRE(song.tracks[0].notes.size() == 2);
  CHECK(song.tracks[0].notes[0] == Note{0, 20, 60, 1, 0, 10, 0});
  CHECK(song.tracks[0].notes[1] == Note{10, 20, 60, 2, 0, 20, 0});
}

TEST_CASE("Smf: what players mend is mended and told") {
  Remarks remarks;
  const Song song =
      Read(Header(0, 1, 96) +
               TrackChunk({0x00, 0x90, 60, 100, 0x00, 60, 0, 0x05, 61, 100, 0x00, 0x80, 99, 0}, 7),
           &remarks);
  REQUIRE(song.tracks[0].notes.size() == 2);
  CHECK(song.tracks[0].notes[0].length == 1);
  CHECK(song.tracks[0].notes[1].end() == 12);  // the track's end
  REQUIRE(remarks.size() == 3);
  CHECK(remarks[0] == "1 notes had no end, and end with their track");
  CHECK(remarks[1] == "1 note-offs had no note, and were left out");
  CHECK(remarks[2] == "1 notes had no length, and got one tick");
}

TEST_CASE("Smf: tempo and signature of any track are the song's, the last of a time counts") {
  const std::string tempo_100 = TrackChunk({0x00, 0xFF, 0x51, 3, 0x09, 0x27, 0xC0});
  const std::string tempo_120 =
      TrackChunk({0x00, 0xFF, 0x51, 3, 0x07, 0xA1, 0x20, 0x60, 0xFF, 0x58, 4, 6, 3, 36, 8});
  const Song song = Read(Header(1, 2, 96) + tempo_100 + tempo_120);
  CHECK(song.tempos == std::vector<Tempo>{{0, 500000}});
  CHECK(song.meters == std::vector<Meter>{{96, 6, 8, 36, 8}});
  CHECK(song.tracks.size() == 2);
}

TEST_CASE("Smf: chunks of other kinds are skipped, and a longer header") {
  const std::string header = Chunk("MThd", Bytes({0, 1, 0, 1, 0, 96, 1, 2, 3}));
  const Song song = Read(header + Chunk("XFIH", "anything") +
                         TrackChunk({0x00, 0x90, 60, 100, 9, 60, 0}) + Chunk("XFKM", "more"));
  CHECK(song.tracks[0].notes.size() == 1);
}

TEST_CASE("Smf: an SMPTE division keeps the seconds of each tick") {
  struct Row {
    int frames, ticks;
    double ticks_per_second;
  };
  const Row row = GENERATE(Row{24, 80, 1920}, Row{25, 40, 1000}, Row{30, 80, 2400}, Row{25, 1, 25},
                           Row{29, 100, 100 * 30000 / 1001.0}, Row{29, 1, 30000 / 1001.0});
  const Song song =
      Read(Header(0, 1, (256 - row.frames) << 8 | row.ticks) +
           TrackChunk({0x00, 0xFF, 0x51, 3, 1, 2, 3, 0x00, 0x90, 60, 100, 0x64, 60, 0}));
  CHECK(song.tracks[0].notes[0].length == 100);
  REQUIRE(song.tempos.size() == 1);
  CHECK(song.ticks_per_quarter * 1e6 / song.tempos[0].us_per_quarter ==
        Approx(row.ticks_per_second).epsilon(1e-12));
}

}  // namespace
}  // namespace continuo::midi
