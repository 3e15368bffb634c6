// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "shared/midi/lmms_reader.h"
#include "shared/project/effects.h"
#include "shared/project/place.h"
#include "tests/unit/project_song.h"

namespace continuo::project {
namespace {

using Catch::Contains;

midi::Song Notes(std::initializer_list<const char*> tracks) {
  midi::Song song;
  song.ticks_per_quarter = 480;
  for (const char* name : tracks) {
    midi::Track track;
    track.name = name;
    track.notes = {{0, 480, 60}, {480, 480, 62}};
    track.end = 960;
    song.tracks.push_back(track);
  }
  return song;
}

std::string Empty(const std::string& version, const std::string& head) {
  return "<?xml version=\"1.0\"?>\n<lmms-project version=\"" + version +
         "\" type=\"song\" creator=\"LMMS\" creatorversion=\"1.2.2\">\n<head bpm=\"120\"" + head +
         "/>\n<song><trackcontainer type=\"song\"/></song>\n</lmms-project>\n";
}

struct Placed {
  std::string text;
  Remarks remarks;
  absl::Status status;
};

Placed PlaceIn(const std::string& text, const midi::Song& notes, const Placement& placement,
               const GeneratedClip& clip = {}) {
  auto document = Document::Parse(text);
  REQUIRE(document.ok());
  Placed placed;
  placed.status = Place(&*document, notes, placement, clip, &placed.remarks);
  placed.text = document->Bytes();
  return placed;
}

TEST_CASE("Place: the notes stand at the bar asked for, in the song's own signature") {
  const std::string text = Empty("1.0", " timesig_numerator=\"3\" timesig_denominator=\"4\"");
  const Placed placed = PlaceIn(text, Notes({"Lead"}), {3, "Lead"});
  REQUIRE(placed.status.ok());
  CHECK(placed.remarks == Remarks{"a new track 'Lead'"});
  const auto song = midi::ReadLmms(placed.text);
  REQUIRE(song.ok());
  REQUIRE(song->tracks.size() == 1);
  CHECK(song->tracks[0].notes.at(0).start == 2 * 3 * 48);
  CHECK(song->tracks[0].notes.at(0).pitch == 60);
}

TEST_CASE("Place: keys and names are those of the LMMS that wrote the song") {
  const Placed old = PlaceIn(Empty("1.0", ""), Notes({"Lead"}), {1, "Lead"});
  CHECK_THAT(old.text, Contains("<pattern") && Contains("key=\"48\"") && Contains("<fxmixer>"));
  const Placed now = PlaceIn(Empty("27", ""), Notes({"Lead"}), {1, "Lead"});
  CHECK_THAT(now.text, Contains("<midiclip") && Contains("key=\"60\"") && Contains("<mixer>") &&
                           Contains("<mixerchannel"));
}

TEST_CASE("Place: voices get tracks of their own, each with its line in the list") {
  GeneratedClip clip;
  clip.model = "chorale";
  clip.seed = 5;
  const Placed placed = PlaceIn(Empty("1.0", ""), Notes({"Soprano", "Alto"}), {2, ""}, clip);
  REQUIRE(placed.status.ok());
  const auto project = ReadProject(placed.text);
  REQUIRE(project.ok());
  REQUIRE(project->generated.size() == 2);
  CHECK(project->generated[0].track == "Soprano");
  CHECK(project->generated[1].track == "Alto");
  CHECK(project->generated[1].bar == 2);
  CHECK(project->generated[1].seed == 5);
  CHECK(project->effects.size() == 1);
  CHECK(project->effects[0].carries_list);
}

TEST_CASE("Place: the list that is there already goes on, whichever effect carries it") {
  const std::string text = test::Song(
      test::Channel(test::Effect("schema=\"1\" model=\"drive\"", "<generated schema=\"1\"/>")));
  const Placed placed = PlaceIn(text, Notes({"Lead"}), {1, ""});
  REQUIRE(placed.status.ok());
  const auto project = ReadProject(placed.text);
  CHECK(project->effects.size() == 1);
  CHECK(project->generated.size() == 1);
  CHECK(project->effects[0].model == "drive");
}

TEST_CASE("Place: a chain counts its effects, as LMMS reads no more than it says") {
  const std::string text = test::Song(
      "<fxchannel num=\"0\"><fxchain numofeffects=\"1\" enabled=\"1\"><effect "
      "name=\"amplifier\"/></fxchain></fxchannel>");
  const Placed placed = PlaceIn(text, Notes({"Lead"}), {1, ""});
  CHECK_THAT(placed.text, Contains("numofeffects=\"2\"") && Contains("enabled=\"1\""));
}

TEST_CASE("Place: what cannot be done changes nothing, and says why") {
  const std::string text = Empty("1.0", "");
  const auto refused = [&](const midi::Song& notes, const Placement& placement,
                           const std::string& song) {
    const Placed placed = PlaceIn(song, notes, placement);
    CHECK(placed.text == song);
    return std::string(placed.status.message());
  };
  CHECK_THAT(refused(Notes({"A"}), {0, ""}, text), Contains("bar 0 is outside 1 to"));
  CHECK_THAT(refused(Notes({"A", "B"}), {1, "Lead"}, text), Contains("of 2 tracks"));
  CHECK_THAT(refused(Notes({}), {1, ""}, text), Contains("no notes"));
  midi::Song low = Notes({"A"});
  low.tracks[0].notes[0].pitch = 3;
  CHECK_THAT(refused(low, {1, ""}, text), Contains("no key for pitch 3"));
  CHECK_THAT(
      refused(Notes({"A"}), {1, ""},
              test::Song(test::Channel(test::Effect("schema=\"1\"", "<generated schema=\"9\"/>")),
                         "<track name=\"a\"/>")),
      Contains("later version (schema 9"));
}

}  // namespace
}  // namespace continuo::project
