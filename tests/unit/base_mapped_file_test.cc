// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <utility>

#include "daemon/base/mapped_file.h"
#include "temporary_directory.h"

namespace continuo::base {
namespace {

TEST_CASE("MappedFile: the bytes of a file up to the limit, and none of an empty one") {
  const TemporaryDirectory directory;
  const std::size_t size = GENERATE(0U, 1U, 4096U, 100000U);
  const std::string text(size, 'x');
  WriteFile(directory / "file", text);
  auto mapped = MappedFile::Map(directory / "file", size);
  REQUIRE(mapped.ok());
  const MappedFile moved = *std::move(mapped);
  CHECK(std::string(moved.bytes()) == text);
  if (size > 0) {
    CHECK(absl::IsInvalidArgument(MappedFile::Map(directory / "file", size - 1).status()));
  }
}

TEST_CASE("MappedFile: a file whose name is taken by another stays as it was") {
  const TemporaryDirectory directory;
  WriteFile(directory / "file", "old");
  const auto mapped = MappedFile::Map(directory / "file", 100);
  REQUIRE(mapped.ok());
  WriteFile(directory / "new", "another");
  std::filesystem::rename(directory / "new", directory / "file");
  CHECK(std::string(mapped->bytes()) == "old");
}

TEST_CASE("MappedFile: what is missing, and what is no file, is refused by name") {
  const TemporaryDirectory directory;
  REQUIRE(::mkfifo((directory / "fifo").c_str(), 0600) == 0);
  CHECK(absl::IsNotFound(MappedFile::Map(directory / "missing", 1).status()));
  for (const std::string& path : {directory / "fifo", directory.path()}) {
    const auto mapped = MappedFile::Map(path, 1);
    CHECK(std::string(mapped.status().message()) == path + " is not a regular file");
  }
}

}  // namespace
}  // namespace continuo::base
