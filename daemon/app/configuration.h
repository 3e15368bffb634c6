// SPDX-License-Identifier: Apache-2.0
// The daemon's configuration: a TOML file, every key of which is known and checked.
//
// Errors: INVALID_ARGUMENT "FILE:LINE: key 'runner.isolaton' is not known; did you
// mean 'runner.isolation'?". The keys, their ranges and defaults are one table in
// configuration.cc; docs/configuration.md is printed from it, and a test compares.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/repository/source.h"

namespace continuo::app {

// A runner's place: one for all real-time models of an executor, or one a model.
enum class Isolation : std::uint8_t { kExecutor, kModel };

struct Configuration {
  std::string path;  // of the file it came from; empty: defaults

  struct Daemon {
    std::string socket;      // empty: base::RuntimeDir() + "/daemon.sock"
    double idle_exit_s = 0;  // 0: never. --idle-exit overrides
  } daemon;
  base::LogOptions log;
  struct Models {
    std::vector<std::string> paths;  // absolute; before the usual ones
    double import_timeout_s = 120;
    std::string substitute = "never";  // or "compatible"
  } models;
  struct Memory {
    std::string budget = "50 %";       // memory::ParseBudget
    std::string keep_alive = "5 min";  // memory::ParseDuration
    double wait_s = 60;
    bool smaller_variants = true;
  } memory;
  struct Runner {
    Isolation isolation = Isolation::kExecutor;
    std::int64_t realtime_priority = 10;  // 0: off
    double hang_timeout_s = 10;
    std::int64_t restart_limit = 5;  // within kRestartWindowS
    bool lock_memory = true;
    bool confine = true;
    std::string wake = "auto";  // or "predict", "sleep"
  } runner;
  struct Stream {
    std::int64_t maximum_streams = 256;
    std::string admission = "advise";  // or "strict", "off"
    double attach_timeout_s = 10;
    double start_timeout_s = 30;
  } stream;
  struct Jobs {
    std::int64_t threads = 0;  // 0: half the cores
    std::int64_t at_once = 4;
    std::int64_t maximum_queued = 1024;
    std::int64_t cache_mib = 32;
    bool predict = true;
  } jobs;
  struct Metrics {
    std::string socket;  // empty: none
  } metrics;
  std::vector<repository::Source> repositories;  // [[repository]], each of another name
};

inline constexpr double kRestartWindowS = 60;
inline constexpr std::size_t kMaxConfigurationBytes = 1U << 20;

// A pure function; `name` is for messages alone.
[[nodiscard]] absl::StatusOr<Configuration> ParseConfiguration(std::string_view text,
                                                               std::string_view name);

// Reads the file. An empty path is base::ConfigDir() + "/continuod.toml", which may
// be missing (then the defaults); NOT_FOUND for any other that is.
[[nodiscard]] absl::StatusOr<Configuration> LoadConfiguration(const std::string& path);

// A file with every key at its default, and comments: --print-config.
[[nodiscard]] std::string DefaultConfigurationText();

// The table of docs/configuration.md, in Markdown.
[[nodiscard]] std::string ConfigurationTable();

}  // namespace continuo::app
