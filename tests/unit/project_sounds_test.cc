// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "shared/project/recipes.h"
#include "shared/project/sounds.h"
#include "tests/unit/temporary_directory.h"

namespace continuo::project {
namespace {

std::string BytesOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("PutSound: a sound lies under its digest, and is written once") {
  const TemporaryDirectory directory;
  const std::string wav(3000, 'a');
  const auto kept = PutSound(directory / "song.continuo", wav);
  REQUIRE(kept.ok());
  CHECK(kept->sha256 == Sha256Hex(wav));
  CHECK(kept->path == directory / ("song.continuo/" + kept->sha256 + ".wav"));
  CHECK(BytesOf(kept->path) == wav);
  CHECK(SoundDigestOf(kept->path) == kept->sha256);
  std::ofstream(kept->path) << "not written again";
  REQUIRE(PutSound(directory / "song.continuo", wav).ok());
  CHECK(BytesOf(kept->path) == "not written again");
}

TEST_CASE("PutSound: a folder that cannot be made is told with its path") {
  const TemporaryDirectory directory;
  std::ofstream(directory / "song.continuo") << "a file";
  const auto kept = PutSound(directory / "song.continuo", "wav");
  REQUIRE_FALSE(kept.ok());
  CHECK(std::string(kept.status().message()).find("song.continuo") != std::string::npos);
}

TEST_CASE("SoundDigestOf: other files have none") {
  const std::string digest(64, 'c');
  CHECK(SoundDigestOf("../projects/song/samples/" + digest + ".wav") == digest);
  CHECK(SoundDigestOf(digest + ".ogg").empty());
  CHECK(SoundDigestOf(digest.substr(1) + ".wav").empty());
  CHECK(SoundDigestOf(std::string(64, 'x') + ".wav").empty());
  CHECK(SoundDigestOf("").empty());
}

}  // namespace
}  // namespace continuo::project
