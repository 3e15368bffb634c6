// SPDX-License-Identifier: Apache-2.0
// LMMS's files: keys, ticks and volumes as its versions have them, and damage.
#include <catch2/catch.hpp>

#include "shared/midi/lmms_reader.h"
#include "shared/midi/lmms_units.h"
#include "shared/midi/lmms_writer.h"
#include "shared/midi/qt_compress.h"
#include "shared/midi/rescale.h"
#include "tests/unit/random_song.h"

namespace continuo::midi {
namespace {

using Remarks = std::vector<std::string>;

Song Read(const std::string& bytes, Remarks* remarks = nullptr) {
  const absl::StatusOr<Song> song = ReadLmms(bytes, remarks);
  INFO(song.status());
  REQUIRE(song.ok());
  return *song;
}

std::string Clip(const std::string& notes, const std::string& version = "1.0",
                 const std::string& attributes = "") {
  return "<?xml version=\"1.0\"?><!DOCTYPE lmms-project><lmms-project type=\"midiclip\" "
         "version=\"" +
         version + "\"><head/><midiclip type=\"1\" pos=\"0\" name=\"a\" " + attributes + ">" +
         notes + "</midiclip></lmms-project>";
}

std::string ErrorOf(const std::string& bytes) {
  const absl::StatusOr<Song> song = ReadLmms(bytes);
  CHECK_FALSE(song.ok());
  return std::string(song.status().message());
}

// As LMMS can have it: its ticks, channel 0, no events, no key.
Song LmmsSong(std::uint64_t seed) {
  Song song = Rescale(SongMaker(seed).Make(), kLmmsTicksPerQuarter)->song;
  song.keys.clear();
  song.meters = {{0, 3, 4, 24, 8}};
  if (song.tempos.empty() || song.tempos.front().time > 0)
    song.tempos.insert(song.tempos.begin(), Tempo{});
  for (Tempo& tempo : song.tempos)
    tempo.us_per_quarter = 60000000 / (60 + tempo.us_per_quarter % 100);
  std::erase_if(song.tracks, [](const Track& track) { return track.notes.empty(); });
  for (Track& track : song.tracks) {
    if (track.name.empty()) track.name = "Track";
    track.events.clear();
    track.end = 0;
    for (Note& note : track.notes) {
      note.channel = 0;
      note.release = Note{}.release;
      note.pitch = std::max<std::uint8_t>(note.pitch, 12);
      note.pan = static_cast<std::int8_t>(note.velocity - 64);
    }
  }
  Normalise(song);
  return song;
}

TEST_CASE("Lmms: a project reads back as it was written") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Song song = LmmsSong(seed);
    Remarks remarks;
    const absl::StatusOr<std::string> text = WriteLmmsProject(song, &remarks);
    INFO("seed " << seed << ": " << text.status());
    REQUIRE(text.ok());
    Song back = Read(*text, &remarks);
    for (std::size_t i = 0; i < song.tempos.size(); ++i) {
      CHECK(std::abs(static_cast<int>(back.tempos[i].us_per_quarter) -
                     static_cast<int>(song.tempos[i].us_per_quarter)) <= 1);
    }
    back.tempos = song.tempos;
    CHECK(back == song);
    CHECK(remarks.empty());
  }
}

TEST_CASE("Lmms: a clip reads back as it was written, compressed too") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Song song = LmmsSong(seed);
    for (std::size_t i = 0; i < song.tracks.size(); ++i) {
      const std::string text = *WriteLmmsClip(song, i, nullptr);
      const Song back = Read(text);
      REQUIRE(back.tracks.size() == 1);
      CHECK(back.tracks[0].name == song.tracks[i].name);
      CHECK(back.tracks[0].notes == song.tracks[i].notes);
      CHECK(Read(QtCompress(text)) == Read(text));
    }
  }
  CHECK_FALSE(WriteLmmsClip(Song(), 0, nullptr).ok());
}

TEST_CASE("Lmms: velocities keep their value over LMMS's volumes") {
  for (int velocity = 1; velocity < 128; ++velocity) {
    CHECK(VelocityOfLmms(LmmsVolumeOf(velocity)) == velocity);
  }
  CHECK(LmmsVolumeOf(127) == 200);
  CHECK(VelocityOfLmms(100) == 64);
}

TEST_CASE("Lmms: keys are an octave apart before and after the range grew") {
  const std::string note = "<note pos=\"48\" len=\"24\" key=\"57\" vol=\"100\" pan=\"-7\"/>";
  const Note read{.start = 48, .length = 24, .pitch = 69, .velocity = 64, .pan = -7};
  CHECK(Read(Clip(note)).tracks[0].notes == std::vector<Note>{read});
  CHECK(Read(Clip(note, "19")).tracks[0].notes[0].pitch == 69);
  CHECK(Read(Clip(note, "20")).tracks[0].notes[0].pitch == 57);
}

TEST_CASE("Lmms: patterns stand where they are, in the tracks of instruments") {
  Remarks remarks;
  const Song song = Read(
      R"(<lmms-project type="song" version="1.0"><head bpm="90" timesig_numerator="6" timesig_denominator="8"/>
      <song><trackcontainer><track type="0" name="Lead"><instrumenttrack/>
      <pattern pos="192"><note pos="0" len="48" key="60" vol="100"/></pattern>
      <pattern pos="384"><note pos="12" len="0" key="60"/><note pos="12" len="6" key="130"/></pattern></track>
      <track type="1" name="Beat"><bbtrack/></track><track type="2" name="Sample"/></trackcontainer></song></lmms-project>)",
      &remarks);
  REQUIRE(song.tracks.size() == 1);
  CHECK(song.tracks[0].name == "Lead");
  REQUIRE(song.tracks[0].notes.size() == 1);
  CHECK(song.tracks[0].notes[0].start == 192);
  CHECK(song.tempos == std::vector<Tempo>{{0, 666667}});
  CHECK(song.meters == std::vector<Meter>{{0, 6, 8, 24, 8}});
  CHECK(remarks == Remarks{"1 tracks of the beat and bassline editor were left out",
                           "1 notes had no length, and were left out",
                           "1 notes were above MIDI's highest pitch, and were left out"});
}

TEST_CASE("Lmms: a step lasts until the next") {
  const Song song = Read(
      Clip("<note pos=\"0\" len=\"-192\" key=\"57\"/><note pos=\"36\" len=\"-192\" key=\"57\"/>"
           "<note pos=\"36\" len=\"-192\" key=\"59\"/>"));
  CHECK(song.tracks[0].notes[0].length == 36);
  CHECK(song.tracks[0].notes[1].length == 192);
  CHECK(song.tracks[0].notes[2].length == 192);
}

TEST_CASE("Lmms: newer clips are shifted and cut by their frame") {
  const Song song =
      Read(Clip("<note pos=\"0\" len=\"48\" key=\"60\"/><note pos=\"90\" len=\"48\" key=\"61\"/>"
                "<note pos=\"300\" len=\"48\" key=\"62\"/>",
                "27", "off=\"-40\" len=\"80\" autoresize=\"0\""));
  REQUIRE(song.tracks[0].notes.size() == 1);
  CHECK(song.tracks[0].notes[0].start == 50);
  CHECK(song.tracks[0].notes[0].length == 30);
}

TEST_CASE("Lmms: what cannot be kept is told") {
  Song song{.ticks_per_quarter = 480};
  song.tracks.resize(1);
  song.tracks[0].notes = {{.start = 3, .length = 480}};
  song.tracks[0].events = {{0, 0xC0, "\x01"}};
  song.meters = {{0, 4, 4, 24, 8}, {1920, 3, 4, 24, 8}};
  Normalise(song);
  Remarks remarks;
  REQUIRE(WriteLmmsProject(song, &remarks).ok());
  CHECK(remarks == Remarks{"1 notes lie between LMMS's ticks, and went to the nearest",
                           "1 events other than notes were left out",
                           "1 changes of signature were left out"});
}

TEST_CASE("Lmms: a pitch that 1.2.2 has no key for is refused, and a clip takes it") {
  Song song;
  song.tracks.resize(1);
  song.tracks[0].notes = {{.pitch = 11}};
  Normalise(song);
  CHECK(WriteLmmsProject(song, nullptr).status().message() ==
        "track '', bar 1, beat 1: LMMS 1.2.2 has no key for pitch 11, and 12 to 127 is possible; "
        "transpose it, or write a clip");
  CHECK(WriteLmmsClip(song, 0, nullptr).ok());
}

TEST_CASE("Lmms: names of other encodings become text") {
  Song song;
  song.tracks.resize(1);
  song.tracks[0].name = "a\xE9\x01\xC3\xA9\xF0\x9F\x8E\xB9<&\xC3";
  song.tracks[0].notes = {{}};
  Normalise(song);
  CHECK(Read(*WriteLmmsProject(song, nullptr)).tracks[0].name == "a??\xC3\xA9\xF0\x9F\x8E\xB9<&?");
}

TEST_CASE("Lmms: what is no file of LMMS is refused") {
  CHECK(ErrorOf("") ==
        "is neither XML nor compressed by LMMS: says that it has 0 bytes uncompressed, and has 0");
  CHECK_THAT(ErrorOf("<lmms-project"), Catch::Contains("is no XML, as LMMS's files are"));
  CHECK(ErrorOf("<svg/>") == "byte 1, <svg>: is no file of LMMS; <lmms-project> is expected");
  CHECK_THAT(ErrorOf("<lmms-project type=\"effectsettings\"/>"),
             Catch::Contains("is of type 'effectsettings'"));
  CHECK_THAT(ErrorOf("<lmms-project type=\"song\" version=\"x\"/>"),
             Catch::Contains("version is 'x'"));
}

TEST_CASE("Lmms: values out of range are refused with their place") {
  CHECK_THAT(ErrorOf(Clip("<note key=\"200\" len=\"1\"/>")),
             Catch::Contains("<note>: key is '200'; 0 to 131 is expected"));
  CHECK_THAT(ErrorOf(Clip("<note key=\"x\" len=\"1\"/>")), Catch::Contains("<note>: key is 'x'"));
  CHECK_THAT(ErrorOf(Clip("<note pos=\"-1\" len=\"1\"/>")), Catch::Contains("pos is '-1'"));
  CHECK_THAT(ErrorOf(Clip("<note pos=\"1e99\" len=\"1\"/>")), Catch::Contains("pos is '1e99'"));
  CHECK_THAT(ErrorOf(Clip("<note pos=\"nan\" len=\"1\"/>")), Catch::Contains("pos is 'nan'"));
  CHECK_THAT(ErrorOf(Clip("<note vol=\"201\" len=\"1\"/>")), Catch::Contains("vol is '201'"));
}

TEST_CASE("Lmms: compressed data that lies is refused before it is unpacked") {
  std::string bytes = QtCompress(std::string(100000, ' '));
  CHECK(QtUncompress(bytes)->size() == 100000);
  CHECK_FALSE(QtUncompress(bytes.substr(0, bytes.size() / 2)).ok());
  std::string other = bytes;
  other[3] = static_cast<char>(other[3] + 1);
  CHECK_FALSE(QtUncompress(other).ok());
  other[0] = '\x7F';
  CHECK(QtUncompress(other).status().code() == absl::StatusCode::kResourceExhausted);
  other[0] = '\x02';
  CHECK_THAT(std::string(QtUncompress(other).status().message()),
             Catch::Contains("says that it has"));
}

}  // namespace
}  // namespace continuo::midi
