// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/app/configuration.h"
#include "daemon/base/read_file.h"
#include "scoped_environment.h"
#include "temporary_directory.h"

namespace continuo::app {
namespace {

// All values, so that two configurations can be compared and a difference is shown.
std::string ValuesOf(const Configuration& c) {
  std::string text;
  const auto add = [&text](const auto& value) {
    if constexpr (std::is_arithmetic_v<std::decay_t<decltype(value)>>) {
      text += std::to_string(value) + "|";
    } else {
      text += value + "|";
    }
  };
  add(c.daemon.socket);
  add(c.daemon.idle_exit_s);
  add(c.log.level);
  add(c.log.file);
  for (const auto& [module, level] : c.log.levels) add(module + "=" + level);
  for (const std::string& path : c.models.paths) add(path);
  add(c.memory.budget);
  add(c.memory.keep_alive);
  add(c.memory.wait_s);
  add(c.memory.smaller_variants);
  add(static_cast<int>(c.runner.isolation));
  add(c.runner.realtime_priority);
  add(c.runner.hang_timeout_s);
  add(c.runner.restart_limit);
  add(c.runner.lock_memory);
  add(c.models.substitute);
  add(c.runner.wake);
  add(c.stream.maximum_streams);
  add(c.stream.admission);
  add(c.stream.attach_timeout_s);
  add(c.stream.start_timeout_s);
  add(c.metrics.socket);
  return text;
}

TEST_CASE("Configuration: the default text has every key and parses to the defaults") {
  const auto parsed = ParseConfiguration(DefaultConfigurationText(), "default");
  REQUIRE(parsed.status() == absl::OkStatus());
  CHECK(ValuesOf(*parsed) == ValuesOf(Configuration()));
  CHECK(ValuesOf(ParseConfiguration("", "empty").value()) == ValuesOf(Configuration()));
  for (const char* line :
       {"idle_exit_s = 0\n", "level = \"info\"\n", "budget = \"50 %\"\n",
        "keep_alive = \"5 min\"\n", "wait_s = 60\n", "smaller_variants = true\n",
        "isolation = \"executor\"\n", "realtime_priority = 10\n", "hang_timeout_s = 10\n",
        "restart_limit = 5\n", "lock_memory = true\n", "wake = \"auto\"\n",
        "maximum_streams = 256\n", "admission = \"advise\"\n", "attach_timeout_s = 10\n",
        "start_timeout_s = 30\n"}) {
    CHECK_THAT(DefaultConfigurationText(), Catch::Contains(line));
  }
}

TEST_CASE("Configuration: docs/configuration.md lists the keys that the code has") {
  const std::string docs =
      base::ReadFile(CONTINUO_SOURCE_DIR "/docs/configuration.md", kMaxConfigurationBytes).value();
  INFO(ConfigurationTable());
  const std::size_t at = docs.find(ConfigurationTable());
  REQUIRE(at != std::string::npos);
  CHECK(docs.find("\n|", at + ConfigurationTable().size() - 1) == std::string::npos);
}

TEST_CASE(
    "Configuration: no file of the user's is no error, and one that is named has to be there") {
  const TemporaryDirectory directory;
  const ScopedEnvironment config("XDG_CONFIG_HOME", directory.path());
  const auto none = LoadConfiguration("");
  REQUIRE(none.ok());
  CHECK(none->path.empty());
  CHECK(absl::IsNotFound(LoadConfiguration(directory / "missing.toml").status()));
}

TEST_CASE("Configuration: the user's file is read, and its faults are named with its path") {
  const TemporaryDirectory directory;
  const ScopedEnvironment config("XDG_CONFIG_HOME", directory.path());
  const std::string path = directory / "continuo/continuod.toml";
  WriteFile(path, "[stream]\nmaximum_streams = 3\n");
  const auto loaded = LoadConfiguration("");
  REQUIRE(loaded.ok());
  CHECK(loaded->stream.maximum_streams == 3);
  CHECK(loaded->path == path);
  WriteFile(path, "[stream]\nmaximum_stream = 3\n");
  CHECK_THAT(std::string(LoadConfiguration("").status().message()),
             Catch::StartsWith(path + ":2: key 'stream.maximum_stream' is not known"));
}

}  // namespace
}  // namespace continuo::app
