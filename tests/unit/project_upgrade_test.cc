// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "shared/midi/qt_compress.h"
#include "shared/project/effects.h"
#include "shared/project/upgrade.h"
#include "tests/unit/project_song.h"

namespace continuo::project {
namespace {

using Catch::Contains;
using test::Channel;
using test::Effect;
using test::Song;

std::optional<FormerNames> Names(const std::string& model, const std::string&) {
  if (model != "drive") return std::nullopt;
  return FormerNames{{"gain", "drive"}, {"volume", "level"}};
}

struct Upgraded {
  std::string text;
  std::vector<Change> changes;
};

Upgraded UpgradeOf(const std::string& bytes) {
  auto document = Document::Parse(bytes);
  REQUIRE(document.ok());
  auto changes = Upgrade(&*document, Names);
  REQUIRE(changes.ok());
  return {document->Bytes(), *std::move(changes)};
}

TEST_CASE("Document: a file that nothing is changed in is written as it was read") {
  const std::string text =
      "<?xml version=\"1.0\"?>\n<!DOCTYPE lmms-project>\n<lmms-project type=\"song\" "
      "creator=\"LMMS\">\n  <head bpm=\"120\"/>\n\t<projectnotes x=\"1\"><![CDATA[<b>a & b</b>]]>"
      "</projectnotes>\n  <!-- kept -->\n  <song name=\"a &amp; b &lt;1>\"/>\n</lmms-project><!-- "
      "end -->\n";
  CHECK(Document::Parse(text)->Bytes() == text);
  const auto packed = Document::Parse(midi::QtCompress(text));
  CHECK(packed->compressed());
  CHECK(midi::QtUncompress(packed->Bytes()).value() == text);
}

TEST_CASE("Upgrade: an effect without a schema gets the settings that it meant") {
  const Upgraded upgraded = UpgradeOf(Song(Channel(Effect("model=\"tube\" p_gain=\"2\""))));
  REQUIRE(upgraded.changes.size() == 1);
  CHECK(upgraded.changes[0].line == 7);
  CHECK(upgraded.changes[0].place == "FX 3 Guitar");
  CHECK(upgraded.changes[0].what == "schema 0 is 1 now");
  const auto read = ReadProject(upgraded.text);
  CHECK(read->effects[0].schema == 1);
  CHECK(read->effects[0].mode == "auto");
  CHECK(read->effects[0].channels == "each");
  CHECK(read->effects[0].parameters[0].id == "gain");
}

TEST_CASE("Upgrade: knobs that are called otherwise now, moved or not, keep what they have") {
  const Upgraded upgraded = UpgradeOf(
      Song(Channel(Effect("schema=\"1\" model=\"drive\" mode=\"direct\" p_gain=\"7\"",
                          "<p_volume id=\"77\" value=\"-3\"/><connection><p_volume id=\"5\"/>"
                          "</connection><parameter id=\"gain\" name=\"Gain\"/>"))));
  REQUIRE(upgraded.changes.size() == 2);
  CHECK(upgraded.changes[0].what == "knob 'gain' is called 'drive' now");
  CHECK_THAT(upgraded.text,
             Contains("p_drive=\"7\"") && Contains("<p_level id=\"77\" value=\"-3\"/>") &&
                 Contains("<p_level id=\"5\"/>") && Contains("<parameter id=\"drive\"") &&
                 !Contains("p_gain") && !Contains("p_volume") && Contains("mode=\"direct\""));
  CHECK(UpgradeOf(upgraded.text).changes.empty());
}

TEST_CASE("Upgrade: a knob that is there under its new name too stays as it is") {
  const std::string text =
      Song(Channel(Effect("schema=\"1\" model=\"drive\" p_gain=\"7\" p_drive=\"8\"")));
  const Upgraded upgraded = UpgradeOf(text);
  CHECK(upgraded.changes.empty());
  CHECK(ReadProject(upgraded.text)->effects[0].parameters.size() == 2);
}

TEST_CASE("Upgrade: the other side has its own model's names, whatever the side that sounds has") {
  const Upgraded upgraded = UpgradeOf(Song(
      Channel(Effect("schema=\"1\" model=\"tube\" p_gain=\"2\"",
                     "\n<other_side model=\"drive\" p_gain=\"7\"><p_volume id=\"77\" value=\"-3\"/>"
                     "<connection><p_volume id=\"5\"/></connection>"
                     "<parameter id=\"gain\" name=\"Gain\"/></other_side>"))));
  REQUIRE(upgraded.changes.size() == 2);
  CHECK(upgraded.changes[0].line == 8);
  CHECK(upgraded.changes[0].place == "FX 3 Guitar, side B");
  CHECK(upgraded.changes[0].what == "knob 'gain' is called 'drive' now");
  CHECK_THAT(upgraded.text,
             Contains("model=\"tube\" p_gain=\"2\"") && Contains("model=\"drive\" p_drive=\"7\"") &&
                 Contains("<p_level id=\"77\" value=\"-3\"/>") && Contains("<p_level id=\"5\"/>") &&
                 Contains("<parameter id=\"drive\"") && !Contains("p_volume"));
  CHECK(UpgradeOf(upgraded.text).changes.empty());
}

TEST_CASE("Upgrade: what comes from a later version, or is not ours, is left alone") {
  const std::string text =
      Song(Channel(Effect("schema=\"7\" model=\"drive\" p_gain=\"1\"",
                          "<later/><other_side model=\"drive\" p_gain=\"1\"/>") +
                   "<effect name=\"amplifier\"><AmplifierControls p_gain=\"1\"/></effect>"),
           "<track name=\"a\"/>");
  const Upgraded upgraded = UpgradeOf(text);
  CHECK(upgraded.changes.empty());
  CHECK(upgraded.text == text);
}

}  // namespace
}  // namespace continuo::project
