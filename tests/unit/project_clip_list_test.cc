// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "shared/project/clip_list.h"
#include "shared/project/effects.h"
#include "shared/project/upgrade.h"
#include "tests/unit/project_song.h"

namespace continuo::project {
namespace {

using Catch::Contains;
using test::Channel;
using test::Effect;
using test::Song;

GeneratedClip Clip(std::uint32_t bar, const std::string& track = "Lead") {
  GeneratedClip clip;
  clip.track = track;
  clip.bar = bar;
  clip.bars = 8;
  clip.task = "melody";
  clip.model = "melody";
  clip.version = "1.0.0";
  clip.weights_sha256 = std::string(64, 'a');
  clip.seed = bar * 10;
  clip.record = "r0123456789abcdef";
  clip.recipe = std::string(64, 'b');
  clip.license = "CC-BY-4.0";
  clip.attribution = "Somebody";
  return clip;
}

std::size_t CountIn(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    ++count;
  }
  return count;
}

std::string InSong(const std::string& schema, const std::string& content) {
  return Song(Channel(Effect("schema=\"1\" model=\"\"",
                             "<generated schema=\"" + schema + "\">" + content + "</generated>")));
}

std::string WordsOf(const absl::Status& status) { return std::string(status.message()); }

TEST_CASE("ClipList: clips come back as they were, also where one lacks what another has") {
  Clips clips{Clip(1, "a \"b\" <c>]]>&amp;\n\xC3\xA9"), Clip(2), Clip(3), Clip(4)};
  clips[1].score = 0.5;
  clips[1].parents = {"r1", "r2"};
  clips[1].candidate = 3;
  clips[2].license.clear();
  clips[2].recipe.clear();
  const std::string text = WriteClips(clips);
  CHECK_THAT(text, !Contains("]]>"));
  const auto back = ReadClips(text);
  REQUIRE(back.ok());
  REQUIRE(back->size() == clips.size());
  for (std::size_t i = 0; i < clips.size(); ++i) {
    CHECK(ToAttributes((*back)[i]) == ToAttributes(clips[i]));
    CHECK((*back)[i].line == i + 1);
  }
  CHECK(ReadClips(WriteClips({}))->empty());
}

TEST_CASE("ClipList: what clips share is written once") {
  Clips clips;
  for (std::uint32_t bar = 1; bar <= 50; ++bar) clips.push_back(Clip(bar));
  const std::string text = WriteClips(clips);
  for (const char* word : {"Lead", "CC-BY-4.0", "Somebody", "1.0.0", "aaaa\"", "bbbb\""}) {
    CHECK(CountIn(text, word) == 1);
  }
  CHECK(CountIn(text, "<clip ") == 50);
  CHECK(CountIn(text, "\n") == 51);
}

TEST_CASE("ClipList: stands in a song as CDATA, and is read there with its lines") {
  auto document = Document::Parse(InSong("1", "<clip bar=\"7\"/>"));
  REQUIRE(document.ok());
  const pugi::xml_node list = document->root().find_node(
      [](const pugi::xml_node& node) { return std::string(node.name()) == kGenerated; });
  WriteList(list, {Clip(1, "]]>"), Clip(2)});
  const std::string text = document->Bytes();
  CHECK_THAT(text,
             Contains("<generated schema=\"2\"><![CDATA[\n<clip track=\"]]&gt;\" bar=\"1\"") &&
                 !Contains("bar=\"7\""));
  const auto read = ReadProject(text);
  REQUIRE(read.ok());
  CHECK(read->generated_schema == 2);
  REQUIRE(read->generated.size() == 2);
  CHECK(read->generated[0].track == "]]>");
  CHECK(read->generated[0].line == 8);
  CHECK(read->generated[1].track == "Lead");
  CHECK(read->generated[1].line == 9);
}

TEST_CASE(
    "ClipList: what makes no sense is refused with its line, of a later version passed over") {
  const std::string bad = "<![CDATA[\n<clip bar=\"1\"/>\n<clip bar=\"x\"/>\n]]>";
  CHECK_THAT(
      WordsOf(ReadProject(InSong("2", bad)).status()),
      Contains("line 7, ") && Contains("line 3 of the generated clips") && Contains("bar is 'x'"));
  CHECK(ReadProject(InSong("3", bad))->generated.empty());
  CHECK_THAT(WordsOf(ReadClips("<clip bar=\"1\"/><note/>").status()), Contains("is 'note'"));
  CHECK_THAT(WordsOf(ReadClips("\n<clip bar=\"1\"").status()),
             Contains("line 2 of the generated clips is no XML"));
  CHECK(absl::IsInvalidArgument(ReadClips("words").status()));
}

TEST_CASE("ClipList: a short text that is long when it is written out is refused") {
  std::string text = "<clip attribution=\"" + std::string(std::size_t{1} << 20, 'x') + "\"/>";
  for (int i = 0; i < 100; ++i) text += "<clip/>";
  CHECK(absl::IsResourceExhausted(ReadClips(text).status()));
  std::string many;
  for (std::size_t i = 0; i <= kMaxGeneratedClips; ++i) many += "<clip/>";
  CHECK(absl::IsResourceExhausted(ReadClips(many).status()));
}

TEST_CASE("Upgrade: a list of elements is written as text, with what it had, once") {
  const std::string old = InSong("1",
                                 "\n <clip track=\"Lead\" bar=\"3\" seed=\"7\"/>\n"
                                 " <clip track=\"Lead\" bar=\"5\" score=\"0.25\"/>\n");
  auto document = Document::Parse(old);
  REQUIRE(document.ok());
  const auto none = [](const std::string&, const std::string&) { return std::nullopt; };
  const auto changes = Upgrade(&*document, none);
  REQUIRE(changes.ok());
  REQUIRE(changes->size() == 1);
  CHECK((*changes)[0].what == "the list of what was generated: schema 1 is 2 now");
  const auto before = ReadProject(old);
  auto again = Document::Parse(document->Bytes());
  const auto after = ReadProject(&*again);
  REQUIRE(after.ok());
  REQUIRE(after->generated.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(ToAttributes(after->generated[i]) == ToAttributes(before->generated[i]));
  }
  CHECK(after->generated_schema == 2);
  CHECK(Upgrade(&*again, none)->empty());
}

}  // namespace
}  // namespace continuo::project
