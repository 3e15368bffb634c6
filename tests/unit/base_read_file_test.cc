// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "daemon/base/read_file.h"
#include "temporary_directory.h"

namespace continuo::base {
namespace {

TEST_CASE("ReadFile: a file up to the limit is read whole, one byte more is refused") {
  const TemporaryDirectory directory;
  const std::size_t size = GENERATE(0U, 1U, 65535U, 65536U, 65537U, 200000U);
  const std::string text(size, '\0');
  WriteFile(directory / "file", text);
  CHECK(ReadFile(directory / "file", size).value() == text);
  if (size > 0) CHECK(absl::IsInvalidArgument(ReadFile(directory / "file", size - 1).status()));
}

TEST_CASE("ReadFile: what is missing, and what is no file, is refused by name") {
  const TemporaryDirectory directory;
  REQUIRE(::mkfifo((directory / "fifo").c_str(), 0600) == 0);
  CHECK(absl::IsNotFound(ReadFile(directory / "missing", 1).status()));
  for (const std::string& path : {directory / "fifo", directory.path(), std::string("/dev/zero")}) {
    const auto text = ReadFile(path, 1);
    CHECK(absl::IsInvalidArgument(text.status()));
    CHECK(std::string(text.status().message()) == path + " is not a regular file");
  }
}

}  // namespace
}  // namespace continuo::base
