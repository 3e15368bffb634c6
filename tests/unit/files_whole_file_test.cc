// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "shared/files/whole_file.h"
#include "tests/unit/temporary_directory.h"

namespace continuo::files {
namespace {

namespace fs = std::filesystem;

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::ptrdiff_t EntriesOf(const std::string& directory) {
  return std::distance(fs::directory_iterator(directory), fs::directory_iterator());
}

TEST_CASE("ReplaceFile: the new bytes in the place of the old ones, with the mode asked for") {
  const TemporaryDirectory directory;
  REQUIRE(ReplaceFile(directory / "a", "one").ok());
  REQUIRE(ReplaceFile(directory / "a", "two", 0640).ok());
  CHECK(ReadAll(directory / "a") == "two");
  struct stat info {};
  REQUIRE(::stat((directory / "a").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0640);
  CHECK(EntriesOf(directory.path()) == 1);
}

TEST_CASE("ReplaceFile: leaves nothing where it cannot, and names the path") {
  const TemporaryDirectory directory;
  fs::create_directories(directory / "b/c");
  const absl::Status status = ReplaceFile(directory / "b", "x");
  CHECK(std::string(status.message()).find(directory / "b") != std::string::npos);
  CHECK(EntriesOf(directory.path()) == 1);
  CHECK_FALSE(ReplaceFile(directory / "none/a", "x").ok());
}

TEST_CASE("MakeDirectories: parents too, for their owner alone, and again") {
  const TemporaryDirectory directory;
  REQUIRE(MakeDirectories(directory / "one/two").ok());
  REQUIRE(MakeDirectories(directory / "one/two").ok());
  CHECK((fs::status(directory / "one").permissions() & fs::perms::group_all) == fs::perms::none);
  REQUIRE(ReplaceFile(directory / "file", "x").ok());
  CHECK_FALSE(MakeDirectories(directory / "file/below").ok());
}

}  // namespace
}  // namespace continuo::files
