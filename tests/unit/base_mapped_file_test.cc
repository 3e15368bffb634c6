// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
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

// Of the mapping that `address` lies in.
std::uint64_t ResidentKiB(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%zx-%zx ", &begin, &end) == 2) {
      const auto at = reinterpret_cast<std::uintptr_t>(address);
      inside = begin <= at && at < end;
    } else if (inside && line.rfind("Rss:", 0) == 0) {
      return std::stoull(line.substr(4));
    }
  }
  FAIL("there is no such mapping");
  return 0;
}

TEST_CASE("MappedFile: what is given back is not resident, and is there again when it is read") {
  const TemporaryDirectory directory;
  const std::string text(std::size_t{1} << 20, 'x');
  WriteFile(directory / "file", text);
  const auto mapped = MappedFile::Map(directory / "file", text.size());
  REQUIRE(mapped.ok());
  CHECK((mapped->bytes() == text));
  CHECK(ResidentKiB(mapped->bytes().data()) == 1024);
  mapped->GiveBack();
  CHECK(ResidentKiB(mapped->bytes().data()) == 0);
  mapped->ReadAhead(mapped->bytes().substr(5000, 100000));
  CHECK(ResidentKiB(mapped->bytes().data()) == 0);
  CHECK((mapped->bytes() == text));
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
