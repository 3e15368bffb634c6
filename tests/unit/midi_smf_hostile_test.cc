// SPDX-License-Identifier: Apache-2.0
// Standard MIDI Files that are damaged or lie: each is refused with the byte, what it
// is and what is expected.
#include <catch2/catch.hpp>
#include <string>

#include "shared/midi/smf_reader.h"
#include "shared/midi/smf_writer.h"
#include "tests/unit/random_song.h"
#include "tests/unit/smf_bytes.h"

namespace continuo::midi {
namespace {

void Refuses(const std::string& bytes, const std::string& message,
             absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
  const absl::StatusOr<Song> song = ReadSmf(bytes);
  CHECK(song.status().code() == code);
  CHECK_THAT(std::string(song.status().message()), Catch::Contains(message));
}

TEST_CASE("Smf: what is no Standard MIDI File is refused") {
  Refuses("", "byte 0: a Standard MIDI File's 'MThd' needs 4 bytes, and 0 are left");
  Refuses("RIFF....RMID", "byte 0: is no Standard MIDI File: 'MThd' is expected");
  Refuses("MThd", "byte 4: the header's length needs 4 bytes");
}

TEST_CASE("Smf: format 2 is refused as what it is") {
  Refuses(Header(2, 1, 96) + TrackChunk({}), "byte 8: the file is of format 2",
          absl::StatusCode::kUnimplemented);
  Refuses(Header(7, 1, 96) + TrackChunk({}), "byte 8: the format is 7; 0 or 1 is expected");
}

TEST_CASE("Smf: a division of zero is refused") {
  Refuses(Header(1, 1, 0) + TrackChunk({}), "byte 12: the division is 0 ticks a quarter note");
  Refuses(Header(1, 1, 0xE700) + TrackChunk({}),
          "byte 13: the division is SMPTE with 0 ticks a frame");
  Refuses(Header(1, 1, 0x8001) + TrackChunk({}), "byte 12: the division is SMPTE with 128 frames");
}

TEST_CASE("Smf: thousands of tracks are refused, by the number alone and where they are") {
  std::string many = Header(1, 5000, 96);
  Refuses(many, "5000 tracks; at most 1024 are read", absl::StatusCode::kResourceExhausted);
  for (int i = 0; i < 5000; ++i) many += TrackChunk({});
  Refuses(many, "5000 tracks; at most 1024 are read", absl::StatusCode::kResourceExhausted);
  std::string most = Header(1, 1024, 96);
  for (int i = 0; i < 1024; ++i) most += TrackChunk({});
  CHECK(ReadSmf(most).ok());
}

TEST_CASE("Smf: the number of tracks is what there is") {
  Refuses(Header(1, 3, 96) + TrackChunk({}) + TrackChunk({}),
          "the header says 3 tracks, of which 2 are there");
  Refuses(Header(1, 1, 96) + TrackChunk({}) + TrackChunk({}),
          "another track, where the header says 1");
  Refuses(Header(0, 2, 96) + TrackChunk({}) + TrackChunk({}),
          "byte 10: a file of format 0 with 2 tracks");
  Refuses(Header(1, 0, 96), "byte 10: a file of format 1 with 0 tracks");
}

TEST_CASE("Smf: a track without its end is refused") {
  Refuses(Header(0, 1, 96) + Chunk("MTrk", Bytes({0, 0x90, 60, 100})),
          "byte 26: track 1 ends without End of Track (FF 2F 00)");
  Refuses(Header(0, 1, 96) + Chunk("MTrk", ""), "ends without End of Track");
  Refuses(Header(0, 1, 96) + Chunk("MTrk", Bytes({0, 0xFF, 0x2F, 0, 0, 0x90, 60, 100})),
          "byte 26: 4 bytes after End of Track in track 1");
}

TEST_CASE("Smf: a length that lies is refused") {
  std::string longer = Header(0, 1, 96) + TrackChunk({0, 0x90, 60, 100, 1, 60, 0});
  longer[17] = 99;
  longer[21] = 100;
  Refuses(longer, "byte 18: the chunk says it has");
  Refuses(Header(0, 1, 96) + Chunk("MTrk", Bytes({0, 0xFF, 0x01, 0x7F, 'x', 0, 0xFF, 0x2F, 0})),
          "a meta event needs 127 bytes, and 5 are left");
  Refuses(Header(0, 1, 96) + Chunk("MTrk", Bytes({0, 0xF0, 0xFF, 0xFF, 0xFF, 0x7F, 1, 0xF7})),
          "a SysEx event needs 268435455 bytes");
  Refuses("MThd" + Big(0xFFFFFFFF, 4) + Bytes({0, 1, 0, 1, 0, 96}), "the rest of the header needs");
  Refuses("MThd" + Big(2, 4) + Bytes({0, 1, 0, 1, 0, 96}), "the header has 2 bytes");
}

TEST_CASE("Smf: delta times that overflow are refused") {
  Refuses(Header(0, 1, 96) +
              Chunk("MTrk", Bytes({0x81, 0x80, 0x80, 0x80, 0x00, 0x90, 60, 100, 0, 0xFF, 0x2F, 0})),
          "byte 22: a delta time has more than four bytes");
  Refuses(Header(0, 1, 96) + TrackChunk({0xFF, 0xFF, 0xFF, 0x7F, 0x90, 60, 100, 0x01, 60, 0}),
          "byte 29: the delta times add up to 268435456 ticks; at most 268435455");
}

TEST_CASE("Smf: bytes that have no place are refused where they stand") {
  Refuses(Header(0, 1, 96) + TrackChunk({0, 60, 100}),
          "byte 23: data byte 60, where a status is expected");
  Refuses(Header(0, 1, 96) + TrackChunk({0, 0x90, 60, 0x90}), "byte 25: byte 0x90, where data");
  Refuses(Header(0, 1, 96) + TrackChunk({0, 0xF8}), "byte 23: status 0xf8 has no place in a file");
}

TEST_CASE("Smf: meta events of another size or value are refused") {
  Refuses(Header(0, 1, 96) + TrackChunk({0, 0xFF, 0x51, 2, 1, 1}),
          "byte 23: a tempo of 2 bytes; 3");
  Refuses(Header(0, 1, 96) + TrackChunk({0, 0xFF, 0x51, 3, 0, 0, 0}), "a tempo of 0 microseconds");
  Refuses(Header(0, 1, 96) + TrackChunk({0, 0xFF, 0x58, 4, 0, 2, 24, 8}),
          "a time signature of 0 over 2");
  Refuses(Header(0, 1, 96) + TrackChunk({0, 0xFF, 0x58, 4, 4, 9, 24, 8}), "to the power of 9");
  Refuses(Header(0, 1, 96) + TrackChunk({0, 0xFF, 0x59, 2, 9, 0}), "a key signature of 9 sharps");
  Refuses(Header(0, 1, 1) + TrackChunk({0, 0xFF, 0x58, 4, 4, 5, 24, 8}),
          "signature 1: denominator is 32; 1 to 4 is expected");
}

TEST_CASE("Smf: more events than are read are refused, and not held") {
  std::string events;
  for (std::size_t i = 0; i <= kMaxEvents; ++i) events += Bytes({0, 0xC0, 1});
  Refuses(Header(0, 1, 96) + Chunk("MTrk", events + Bytes({0, 0xFF, 0x2F, 0})), "more than 1048576",
          absl::StatusCode::kResourceExhausted);
}

TEST_CASE("Smf: many notes of one pitch at once end in a moment") {
  std::string events = Bytes({0, 0x90, 60, 100});
  for (int i = 1; i < 200000; ++i) events += Bytes({0, 60, 100});
  for (int i = 0; i < 200000; ++i) events += Bytes({1, 60, 0});
  const absl::StatusOr<Song> song =
      ReadSmf(Header(0, 1, 96) + Chunk("MTrk", events + Bytes({0, 0xFF, 0x2F, 0})));
  REQUIRE(song.ok());
  CHECK(song->tracks[0].notes.back().end() == 200000);
}

TEST_CASE("Smf: every cut of a good file is refused") {
  const std::string bytes = *WriteSmf(SongMaker(7).Make());
  REQUIRE(bytes.size() > 500);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(ReadSmf(bytes.substr(0, size)).ok());
  }
}

TEST_CASE("Smf: a file with a byte changed is refused or gives a song that can be written") {
  const std::string bytes = *WriteSmf(SongMaker(3).Make());
  std::size_t read = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      const absl::StatusOr<Song> song = ReadSmf(changed);
      if (!song.ok()) continue;
      ++read;
      REQUIRE(WriteSmf(*song).ok());
    }
  }
  CHECK(read > 100);
}

TEST_CASE("Smf: a song out of its ranges is not written") {
  Song song;
  song.tracks.resize(1);
  song.tracks[0].notes = {{.start = 5, .length = 0}};
  const absl::StatusOr<std::string> bytes = WriteSmf(song);
  CHECK(bytes.status().message() == "track 1, note 1: length is 0; 1 to 268435455 is expected");
}

}  // namespace
}  // namespace continuo::midi
