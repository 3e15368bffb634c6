// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "shared/project/effects.h"
#include "tests/unit/project_song.h"

using Catch::Contains;
using namespace continuo;
using project::GeneratedClip;
using project::ReadProject;
using test::Channel;
using test::Effect;
using test::Song;

namespace {

GeneratedClip Sample() {
  GeneratedClip clip;
  clip.track = "Lead \"1\"";
  clip.bar = 3;
  clip.bars = 8;
  clip.task = "melody";
  clip.model = "melody";
  clip.version = "1.0.0";
  clip.weights_sha256 = std::string(64, 'a');
  clip.seed = 18446744073709551615ULL;
  clip.record = "r0123456789abcdef";
  clip.candidate = 2;
  clip.score = 0.8125;
  clip.parents = {"r1", "r2"};
  clip.recipe = std::string(64, '0');
  clip.sound = std::string(64, 'b');
  clip.license = "CC-BY-4.0";
  clip.attribution = "A & B";
  return clip;
}

std::string List(const std::string& clips) {
  return Song(Channel(
      Effect("schema=\"1\" model=\"\"", "<generated schema=\"1\">\n" + clips + "\n</generated>")));
}

std::string WordsOf(const std::string& bytes) {
  const auto read = ReadProject(bytes);
  return read.ok() ? "it was read" : std::string(read.status().message());
}

TEST_CASE(
    "ReadProject: of a later version what is not understood is passed over, of ours refused") {
  const auto text = [](int schema) {
    const std::string number = "schema=\"" + std::to_string(schema) + "\"";
    return Song(
        Channel(Effect(number + " model=\"drive\" p_drive=\"9\" p_word=\"loud\"",
                       "<generated " + number +
                           "><clip track=\"Lead\" bar=\"new\"/>"
                           "<clip track=\"Lead\" bar=\"2\" task=\"melody\"/></generated>")));
  };
  const auto later = ReadProject(text(99));
  REQUIRE(later.ok());
  CHECK(later->effects[0].parameters.size() == 1);
  REQUIRE(later->generated.size() == 1);
  CHECK(later->generated[0].bar == 2);
  CHECK(later->generated_schema == 99);
  CHECK_FALSE(ReadProject(text(1)).ok());
}

}  // namespace

TEST_CASE("GeneratedClip: comes back from its attributes as it was") {
  std::map<std::string, std::string> attributes;
  for (const auto& [name, value] : project::ToAttributes(Sample())) attributes[name] = value;
  const auto back =
      project::FromAttributes([&](const std::string& name) { return attributes[name]; });
  REQUIRE(back.ok());
  const GeneratedClip expected = Sample();
  CHECK(back->track == expected.track);
  CHECK(back->bar == expected.bar);
  CHECK(back->bars == expected.bars);
  CHECK(back->task == expected.task);
  CHECK(back->model == expected.model);
  CHECK(back->version == expected.version);
  CHECK(back->weights_sha256 == expected.weights_sha256);
  CHECK(back->seed == expected.seed);
  CHECK(back->record == expected.record);
  CHECK(back->candidate == expected.candidate);
  CHECK(back->score == expected.score);
  CHECK(back->parents == expected.parents);
  CHECK(back->recipe == expected.recipe);
  CHECK(back->sound == expected.sound);
  CHECK(back->license == expected.license);
  CHECK(back->attribution == expected.attribution);
}

TEST_CASE("Project: what was generated is listed in its order, with its line") {
  const auto read = ReadProject(List("<clip track=\"Lead\" bar=\"3\"/>\n<clip/>"));
  REQUIRE(read.ok());
  CHECK(read->generated_schema == 1);
  REQUIRE(read->generated.size() == 2);
  CHECK(read->generated[0].track == "Lead");
  CHECK(read->generated[0].bar == 3);
  CHECK(read->generated[1].line == read->generated[0].line + 1);
  CHECK(read->generated[1].score < 0);
  CHECK(ReadProject(Song(""))->generated_schema == 0);
}

TEST_CASE("Project: a generated clip that makes no sense is refused with its line") {
  CHECK_THAT(WordsOf(List("<clip bar=\"x\"/>")),
             Contains("line 8") && Contains("bar is 'x'; a whole number from 0"));
  CHECK_THAT(WordsOf(List("<clip seed=\"-1\"/>")), Contains("seed is '-1'"));
  CHECK_THAT(WordsOf(List("<clip score=\"nan\"/>")), Contains("score is 'nan'"));
  CHECK_THAT(WordsOf(List("<clip score=\"1.5\"/>")), Contains("from 0 to 1"));
  CHECK_THAT(WordsOf(List("<clip recipe=\"../../etc\"/>")), Contains("recipe is '../../etc'"));
  CHECK_THAT(WordsOf(List("<clip weights=\"" + std::string(64, 'G') + "\"/>")),
             Contains("a SHA-256 of 64 hexadecimal digits"));
}
