// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "daemon/base/file_lock.h"
#include "temporary_directory.h"

namespace continuo::base {
namespace {

TEST_CASE("FileLock: a second taker is refused and told who holds it") {
  const TemporaryDirectory directory;
  const auto first = FileLock::TryAcquire(directory / "lock");
  REQUIRE(first.ok());
  const auto second = FileLock::TryAcquire(directory / "lock");
  REQUIRE(second.status().code() == absl::StatusCode::kAlreadyExists);
  CHECK_THAT(std::string(second.status().message()),
             Catch::EndsWith("is locked by process " + std::to_string(::getpid())));
}

TEST_CASE("FileLock: what was given back can be taken again, and the file stays") {
  const TemporaryDirectory directory;
  { REQUIRE(FileLock::TryAcquire(directory / "lock").ok()); }
  CHECK(std::filesystem::exists(directory / "lock"));
  CHECK(FileLock::TryAcquire(directory / "lock").ok());
}

TEST_CASE("FileLock: the file is private and a symbolic link is not followed") {
  const TemporaryDirectory directory;
  const auto lock = FileLock::TryAcquire(directory / "lock");
  struct stat info {};
  REQUIRE(::stat((directory / "lock").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  std::filesystem::create_symlink(directory / "target", directory / "link");
  CHECK_FALSE(FileLock::TryAcquire(directory / "link").ok());
  CHECK_FALSE(std::filesystem::exists(directory / "target"));
}

TEST_CASE("UniqueFd: a descriptor is closed once, by whoever holds it last") {
  const int raw = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(raw >= 0);
  {
    UniqueFd first(raw);
    const UniqueFd second(std::move(first));
    CHECK_FALSE(first.valid());  // NOLINT(bugprone-use-after-move): that it is empty is the point
    CHECK(second.get() == raw);
    CHECK(::fcntl(raw, F_GETFD) != -1);
  }
  CHECK(::fcntl(raw, F_GETFD) == -1);
}

}  // namespace
}  // namespace continuo::base
