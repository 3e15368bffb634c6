// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "daemon/base/log.h"
#include "daemon/base/read_file.h"
#include "daemon/base/unique_fd.h"
#include "scoped_environment.h"
#include "temporary_directory.h"

namespace continuo::base {
namespace {

constexpr std::size_t kMaxBytes = 1U << 20;

// Runs `log` while stderr is the file; what was written is returned.
template <typename F>
std::string CaptureStderr(const std::string& path, F log) {
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const UniqueFd before(::dup(STDERR_FILENO));
  ::dup2(file.get(), STDERR_FILENO);
  log(file.get());
  ::dup2(before.get(), STDERR_FILENO);
  return ReadFile(path, kMaxBytes).value();
}

TEST_CASE("Log: an unknown level is refused and the known ones are listed") {
  const auto level = ParseLogLevel("verbose");
  REQUIRE(level.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(level.status().message()),
             Catch::Contains("'verbose'") && Catch::Contains("trace, debug, info, warning"));
}

TEST_CASE("Log: a module's level counts before the common one, for old and new loggers") {
  spdlog::logger& old = Log("log-test-old");
  REQUIRE(SetUpLog({"warning", {{"log-test-old", "trace"}, {"log-test-new", "error"}}, ""}).ok());
  CHECK(old.should_log(spdlog::level::trace));
  CHECK_FALSE(Log("log-test-new").should_log(spdlog::level::warn));
  CHECK(Log("log-test-other").should_log(spdlog::level::warn));
  CHECK_FALSE(Log("log-test-other").should_log(spdlog::level::info));
  CHECK(&Log("log-test-old") == &old);
  REQUIRE(SetUpLog({}).ok());
}

TEST_CASE("Log: a bad set-up changes nothing") {
  REQUIRE(SetUpLog({"debug", {}, ""}).ok());
  CHECK_FALSE(SetUpLog({"loud", {}, ""}).ok());
  CHECK_THAT(std::string(SetUpLog({"info", {{"stream", "loud"}}, ""}).message()),
             Catch::Contains("'stream'"));
  CHECK_THAT(std::string(SetUpLog({"info", {}, "/proc/no/such.log"}).message()),
             Catch::Contains("/proc/no/such.log"));
  CHECK(Log("log-test").should_log(spdlog::level::debug));
  REQUIRE(SetUpLog({}).ok());
}

TEST_CASE("Log: a line has level, module and message, and is in the file at once") {
  const TemporaryDirectory directory;
  const std::string path = directory / "logs/continuod.log";
  CaptureStderr(directory / "stderr", [&](int) {
    REQUIRE(SetUpLog({"info", {}, path}).ok());
    Log("log-test").warn("runner {} ended", 42);
    Log("log-test").debug("not this");
  });
  const std::string text = ReadFile(path, kMaxBytes).value();
  CHECK_THAT(text, Catch::EndsWith(" warning log-test: runner 42 ended\n"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
  REQUIRE(SetUpLog({}).ok());
}

TEST_CASE("Log: the journal gets priorities and no time, where stderr is the journal") {
  const TemporaryDirectory directory;
  std::optional<ScopedEnvironment> stream;
  const std::string text = CaptureStderr(directory / "journal", [&](int fd) {
    struct stat info {};
    REQUIRE(::fstat(fd, &info) == 0);
    stream.emplace("JOURNAL_STREAM",
                   std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino));
    REQUIRE(SetUpLog({}).ok());
    Log("log-test").error("lost");
    Log("log-test").info("found");
  });
  CHECK(text == "<3>log-test: lost\n<6>log-test: found\n");
  // The variable is inherited by children whose stderr is elsewhere.
  const std::string other = CaptureStderr(directory / "other", [&](int) {
    REQUIRE(SetUpLog({}).ok());
    Log("log-test").error("lost");
  });
  CHECK_THAT(other, Catch::EndsWith(" error log-test: lost\n") && !Catch::StartsWith("<"));
  stream.reset();
  REQUIRE(SetUpLog({}).ok());
}

}  // namespace
}  // namespace continuo::base
