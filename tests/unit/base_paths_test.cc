// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "daemon/base/paths.h"
#include "scoped_environment.h"
#include "temporary_directory.h"

namespace continuo::base {
namespace {

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

TEST_CASE("Paths: the XDG variables are followed, and only where they are absolute") {
  const ScopedEnvironment home("HOME", "/home/somebody");
  const ScopedEnvironment data("XDG_DATA_HOME", "/data");
  const ScopedEnvironment config("XDG_CONFIG_HOME", "relative");
  const ScopedEnvironment state("XDG_STATE_HOME", std::nullopt);
  CHECK(DataDir() == "/data/continuo");
  CHECK(ConfigDir() == "/home/somebody/.config/continuo");
  CHECK(StateDir() == "/home/somebody/.local/state/continuo");
  CHECK(ExpandHome("~/models") == "/home/somebody/models");
  CHECK(ExpandHome("~other/models") == "~other/models");
}

TEST_CASE("Paths: the runtime directory is the user's own with and without a session") {
  {
    const ScopedEnvironment runtime("XDG_RUNTIME_DIR", "/run/user/7");
    CHECK(RuntimeDir() == "/run/user/7/continuo");
  }
  const ScopedEnvironment runtime("XDG_RUNTIME_DIR", std::nullopt);
  CHECK(RuntimeDir() == "/tmp/continuo-" + std::to_string(::getuid()));
}

TEST_CASE("Paths: models are looked for in the environment's, configured, own, built-in order") {
  const ScopedEnvironment models("CONTINUO_MODEL_PATH", "/first::/second");
  const ScopedEnvironment data("XDG_DATA_HOME", "/data");
  CHECK(ModelPath({"/configured"}) == std::vector<std::string>{"/first", "/second", "/configured",
                                                               "/data/continuo/models",
                                                               BuiltinModelDir()});
}

TEST_CASE("Paths: the prefix is the directory above the program's") {
  const auto program = std::filesystem::read_symlink("/proc/self/exe");
  CHECK(InstalledPrefix() == program.parent_path().parent_path());
  CHECK(BuiltinModelDir() == InstalledPrefix() + "/share/continuo/models");
  const ScopedEnvironment modules("CONTINUO_MODULE_DIR", "/modules");
  CHECK(ModuleDir() == "/modules");
}

TEST_CASE("EnsurePrivateDir: what is missing is made, with its parents, for the user alone") {
  const TemporaryDirectory directory;
  REQUIRE(EnsurePrivateDir(directory / "a/b").ok());
  CHECK(ModeOf(directory / "a") == 0700);
  CHECK(ModeOf(directory / "a/b") == 0700);
  CHECK(EnsurePrivateDir(directory / "a/b").ok());
}

TEST_CASE("EnsurePrivateDir: reading by others is taken away") {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "a");
  REQUIRE(::chmod((directory / "a").c_str(), 0755) == 0);
  REQUIRE(EnsurePrivateDir(directory / "a").ok());
  CHECK(ModeOf(directory / "a") == 0700);
}

TEST_CASE("EnsurePrivateDir: a directory that others may write to is refused and left alone") {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "a");
  const mode_t mode = GENERATE(0720, 0702, 01777);
  REQUIRE(::chmod((directory / "a").c_str(), mode) == 0);
  const absl::Status status = EnsurePrivateDir(directory / "a");
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(status.message()), Catch::Contains("can be written by others"));
  CHECK(ModeOf(directory / "a") == mode);
}

TEST_CASE("EnsurePrivateDir: a symbolic link and a file are refused") {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "real");
  std::filesystem::create_directory_symlink(directory / "real", directory / "link");
  WriteFile(directory / "file", "");
  for (const char* name : {"link", "file"}) {
    const absl::Status status = EnsurePrivateDir(directory / name);
    CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
    CHECK_THAT(std::string(status.message()), Catch::StartsWith(directory / name));
  }
}

TEST_CASE("EnsurePrivateDir: somebody else's directory is refused") {
  const TemporaryDirectory directory;
  std::string path = "/usr";  // root's, for everybody but root
  if (::geteuid() == 0) {
    path = directory / "a";
    std::filesystem::create_directory(path);
    REQUIRE(::chown(path.c_str(), 12345, 12345) == 0);
  }
  const absl::Status status = EnsurePrivateDir(path);
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(status.message()), Catch::Contains("belongs to user"));
}

}  // namespace
}  // namespace continuo::base
