// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "shared/midi/qt_compress.h"
#include "shared/project/effects.h"
#include "tests/unit/project_song.h"

using Catch::Contains;
using namespace continuo;
using project::ReadProject;
using test::Channel;
using test::Effect;
using test::Song;

namespace {

std::string Words(const std::string& bytes) {
  const auto read = ReadProject(bytes);
  return read.ok() ? "it was read" : std::string(read.status().message());
}

}  // namespace

TEST_CASE("Project: an effect's model, mode and knobs, and where it stands") {
  const std::string text = Song(Channel(
      Effect("schema=\"1\" model=\"drive\" model_version=\"1.1.0\" mode=\"direct\" p_drive=\"9\"",
             "<p_tone id=\"77\" value=\"2.5\"/><parameter id=\"tone\" name=\"Tone\" unit=\"dB\" "
             "minimum=\"0\" maximum=\"10\"/><connection/>")));
  const auto project = ReadProject(text);
  REQUIRE(project.ok());
  CHECK(project->creator == "LMMS 1.2.2");
  REQUIRE(project->effects.size() == 1);
  const project::SavedEffect& effect = project->effects[0];
  CHECK(effect.place == "FX 3 Guitar");
  CHECK(effect.line == 7);
  CHECK(effect.on);
  CHECK(effect.wet == 0.5);
  CHECK(effect.schema == 1);
  CHECK(effect.model == "drive");
  CHECK(effect.version == "1.1.0");
  CHECK(effect.mode == "direct");
  REQUIRE(effect.parameters.size() == 2);
  CHECK(effect.parameters[0].id == "drive");
  CHECK(effect.parameters[0].value == 9);
  CHECK_FALSE(effect.parameters[0].automated);
  CHECK_FALSE(effect.parameters[0].maximum.has_value());
  CHECK(effect.parameters[1].id == "tone");
  CHECK(effect.parameters[1].value == 2.5);
  CHECK(effect.parameters[1].automated);
  CHECK(effect.parameters[1].name == "Tone");
  CHECK(effect.parameters[1].maximum == 10);
}

TEST_CASE("Project: the other side of a comparison is kept apart from what sounds") {
  const std::string text = Song(Channel(
      Effect("schema=\"1\" model=\"drive\" side=\"B\" preset=\"user:Mine\" p_drive=\"9\"",
             "\n<other_side model=\"tube\" model_version=\"1.0.0\" mode=\"direct\" p_gain=\"3\">"
             "<p_level id=\"77\" value=\"1\"/><parameter id=\"gain\" minimum=\"0\" "
             "maximum=\"10\"/></other_side>")));
  const auto project = ReadProject(text);
  REQUIRE(project.ok());
  REQUIRE(project->effects.size() == 1);
  const project::SavedEffect& effect = project->effects[0];
  CHECK(effect.model == "drive");
  REQUIRE(effect.parameters.size() == 1);
  CHECK(effect.parameters[0].id == "drive");
  REQUIRE(effect.other_side.has_value());
  const project::SavedSide& other = *effect.other_side;
  CHECK(other.line == 8);
  CHECK(other.model == "tube");
  CHECK(other.version == "1.0.0");
  CHECK(other.mode == "direct");
  REQUIRE(other.parameters.size() == 2);
  CHECK(other.parameters[0].id == "gain");
  CHECK(other.parameters[0].value == 3);
  CHECK(other.parameters[0].maximum == 10);
  CHECK(other.parameters[1].id == "level");
  CHECK(other.parameters[1].automated);
  CHECK(effect.is_side_b);
  CHECK(PlaceOfOtherSide(effect) == "FX 3 Guitar, side A");
}

TEST_CASE("Project: the link group of an effect, and the keys that it sends and takes") {
  const std::string text = Song(
      Channel(Effect("schema=\"1\" model=\"opto\" link=\"drums &amp; bass\" send_key=\"kick\"") +
              Effect("schema=\"1\" model=\"opto\" take_key=\"kick\"")));
  const auto project = ReadProject(text);
  REQUIRE(project.ok());
  REQUIRE(project->effects.size() == 2);
  CHECK(project->effects[0].link == "drums & bass");
  CHECK(project->effects[0].send_key == "kick");
  CHECK(project->effects[0].take_key.empty());
  CHECK(project->effects[1].link.empty());
  CHECK(project->effects[1].take_key == "kick");
  CHECK_FALSE(project->effects[1].is_side_b);
  CHECK_FALSE(project->effects[1].other_side.has_value());
}

TEST_CASE("Project: effects on tracks and in newer mixers are found, others passed over") {
  const std::string other =
      "<effect name=\"amplifier\"><AmplifierControls volume=\"100\"/></effect>";
  const std::string text = Song(
      "<mixerchannel num=\"0\" name=\"Master\">" + Effect("model=\"opto\"") + "</mixerchannel>",
      "<track name=\"Bass\"><instrumenttrack><fxchain>" + other + Effect("model=\"tube\"") +
          "</fxchain></instrumenttrack></track>");
  const auto project = ReadProject(text);
  REQUIRE(project.ok());
  REQUIRE(project->effects.size() == 2);
  CHECK(project->effects[0].place == "track Bass");
  CHECK(project->effects[0].schema == 0);
  CHECK(project->effects[1].place == "FX 0 Master");
}

TEST_CASE("Project: a compressed one is the same") {
  const std::string text = Song(Channel(Effect("model=\"drive\"")));
  const auto project = ReadProject(midi::QtCompress(text));
  REQUIRE(project.ok());
  CHECK(project->effects.size() == 1);
}

TEST_CASE("Project: what is broken is named by line and reason") {
  CHECK_THAT(Words("<lmms-project type=\"song\">\n<song>\n<track></song>"),
             Contains("line 3") && Contains("XML"));
  CHECK_THAT(Words("<html>\n</html>"), Contains("line 1") && Contains("<lmms-project>"));
  CHECK_THAT(Words("<lmms-project type=\"preset\"/>"), Contains("'preset'"));
  CHECK_THAT(Words(""), Contains("neither XML nor compressed"));
  CHECK_THAT(Words("abcdefgh"), Contains("neither XML nor compressed"));
  CHECK_THAT(Words(Song(Channel(Effect("model=\"drive\" p_drive=\"loud\"")))),
             Contains("line 7") && Contains("'drive'") && Contains("'loud'"));
  CHECK_THAT(Words(Song(Channel(Effect("model=\"drive\" p_drive=\"nan\"")))),
             Contains("a number is expected"));
  CHECK_THAT(Words(Song(Channel(
                 Effect("model=\"drive\"", "\n<other_side model=\"tube\" p_gain=\"loud\"/>")))),
             Contains("line 8") && Contains("'gain'") && Contains("'loud'"));
  CHECK_THAT(Words(Song(Channel(Effect("schema=\"new\"")))), Contains("schema is 'new'"));
  CHECK_THAT(Words(Song(Channel("<effect name=\"continuofx\"/>"))), Contains("continuofxcontrols"));
}

TEST_CASE("Project: a file that nests deep is walked without recursion") {
  std::string open, close;
  for (int i = 0; i < 20'000; ++i) {
    open += "<a>";
    close += "</a>";
  }
  const auto project = ReadProject(Song(Channel(open + Effect("model=\"drive\"") + close)));
  REQUIRE(project.ok());
  CHECK(project->effects.size() == 1);
}
