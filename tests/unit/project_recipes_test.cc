// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "shared/project/recipes.h"
#include "tests/unit/temporary_directory.h"

namespace continuo::project {
namespace {

namespace fs = std::filesystem;

// A long text that compresses.
std::string Recipe(char mark) { return "{\"record\":\"" + std::string(5000, mark) + "\"}"; }

TEST_CASE("RecipeFolder: lies beside the project, whichever of its endings that has") {
  CHECK(RecipeFolder("/a/song.mmp").path() == "/a/song.continuo");
  CHECK(RecipeFolder("/a/song.mmpz").path() == "/a/song.continuo");
  CHECK(RecipeFolder("my.song.mmpz").path() == "my.song.continuo");
}

TEST_CASE("RecipeFolder: a recipe comes back, and is written once") {
  const TemporaryDirectory directory;
  const RecipeFolder folder(directory / "song.mmpz");
  CHECK(folder.List().empty());
  const auto first = folder.Put(Recipe('a'));
  REQUIRE(first.ok());
  CHECK(*first == Sha256Hex(Recipe('a')));
  CHECK(folder.Get(*first).value() == Recipe('a'));
  CHECK(fs::file_size(folder.FileOf(*first)) < 500);
  const auto written = fs::last_write_time(folder.FileOf(*first));
  REQUIRE(folder.Put(Recipe('a')).ok());
  CHECK(fs::last_write_time(folder.FileOf(*first)) == written);
  REQUIRE(folder.Put(Recipe('b')).ok());
  CHECK(folder.List().size() == 2);
}

TEST_CASE("RecipeOfPath: the digest of a recipe's file, wherever that lies") {
  const std::string digest(64, 'a');
  CHECK(RecipeOfPath("song/song.continuo/" + digest + ".json.zst") == digest);
  CHECK(RecipeOfPath("song.continuo/" + digest + ".json.zst") == digest);
  CHECK(RecipeOfPath("song/" + digest + ".json.zst").empty());
  CHECK(RecipeOfPath("song.continuo/" + digest + ".json").empty());
  CHECK(RecipeOfPath("song.continuo/abc.json.zst").empty());
  CHECK(RecipeOfPath("").empty());
}

TEST_CASE("RecipeFolder: what is damaged, missing or too large is told") {
  const TemporaryDirectory directory;
  const RecipeFolder folder(directory / "song.mmpz");
  const std::string sha256 = folder.Put(Recipe('a')).value();
  const std::string other = folder.Put(Recipe('b')).value();
  CHECK(absl::IsNotFound(folder.Get(std::string(64, '0')).status()));
  fs::copy_file(folder.FileOf(other), folder.FileOf(sha256), fs::copy_options::overwrite_existing);
  CHECK(absl::IsDataLoss(folder.Get(sha256).status()));
  fs::resize_file(folder.FileOf(other), 10);
  CHECK(absl::IsDataLoss(folder.Get(other).status()));
  WriteFile(folder.FileOf(other), "no zstd");
  CHECK(absl::IsDataLoss(folder.Get(other).status()));
  CHECK(absl::IsResourceExhausted(folder.Put(std::string(kMaxRecipeBytes + 1, 'x')).status()));
}

}  // namespace
}  // namespace continuo::project
