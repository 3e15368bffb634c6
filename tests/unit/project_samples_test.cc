// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "shared/project/samples.h"
#include "tests/unit/project_song.h"
#include "tests/unit/temporary_directory.h"

namespace continuo::project {
namespace {

namespace fs = std::filesystem;
using Whose = FoundSample::Whose;

std::string Touch(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "sound";
  return path.string();
}

TEST_CASE("SamplesOf: every element that names a file of sound, with its line") {
  auto document = Document::Parse(test::Song(
      "",
      "<track><sampletrack/><sampletco src=\"a.wav\"/>\n<sampletco src=\"\" "
      "data=\"AAAA\"/></track>\n"
      "<track><instrumenttrack><instrument name=\"x\"><audiofileprocessor src=\"b.ogg\"/>\n"
      "<tripleoscillator userwavefile0=\"\" userwavefile1=\"c.flac\"/>\n"
      "<sf2player src=\"d.sf2\"/><other src=\"e.wav\"/></instrument></instrumenttrack></track>"));
  REQUIRE(document.ok());
  std::vector<std::string> found;
  for (const SampleUse& use : SamplesOf(&*document)) {
    found.push_back(std::string(use.name.value()) + ":" + std::to_string(use.line) +
                    (use.soundfont ? ":font" : ""));
  }
  CHECK(found == std::vector<std::string>{"a.wav:5", "b.ogg:7", "c.flac:8", "d.sf2:9:font"});
}

TEST_CASE("SamplesOf: a name that is set is in the document's bytes, and nothing else changes") {
  auto document = Document::Parse(test::Song("", "<track><sampletco src=\"a.wav\"/></track>"));
  REQUIRE(document.ok());
  std::string expected = document->Bytes();
  expected.replace(expected.find("a.wav"), 5, "../projects/x &amp; y/a.wav");
  SamplesOf(&*document).front().name.set_value("../projects/x & y/a.wav");
  CHECK(document->Bytes() == expected);
}

TEST_CASE("FindSample: the user's before LMMS's own, as LMMS looks for it") {
  const TemporaryDirectory directory;
  const SampleFolders folders{directory / "user/samples", directory / "own/samples"};
  const std::string mine = Touch(directory / "user/samples/drums/kick.ogg");
  Touch(directory / "own/samples/drums/kick.ogg");
  Touch(directory / "own/samples/drums/snare.ogg");
  const std::string beside = Touch(directory / "user/projects/song/samples/hat.ogg");
  CHECK(FindSample("drums/kick.ogg", folders).path == mine);
  CHECK(FindSample("drums/snare.ogg", folders).whose == Whose::kLmmss);
  CHECK(FindSample("drums/clap.ogg", folders).whose == Whose::kNobodys);
  CHECK(FindSample("drums", folders).whose == Whose::kNobodys);
  CHECK(FindSample(beside, folders).whose == Whose::kUsers);
  CHECK(fs::equivalent(FindSample("../projects/song/samples/hat.ogg", folders).path, beside));
  CHECK(FindSample(directory / "gone.ogg", folders).whose == Whose::kNobodys);
}

TEST_CASE("FindSample: where LMMS is not known, what is not the user's is taken for LMMS's") {
  const TemporaryDirectory directory;
  CHECK(FindSample("drums/kick.ogg", {directory / "samples", ""}).whose == Whose::kLmmss);
  CHECK(FindSample(directory / "kick.ogg", {directory / "samples", ""}).whose == Whose::kNobodys);
}

TEST_CASE("IsSoundFile: a song cannot have other files handed on") {
  for (const char* name : {"a.wav", "b/c.OGG", "/d.sf2", "e.ds"}) CHECK(IsSoundFile(name));
  for (const char* name : {"/etc/passwd", "id_rsa", ".wav/key", "a.wav.txt", ""}) {
    CHECK_FALSE(IsSoundFile(name));
  }
}

}  // namespace
}  // namespace continuo::project
