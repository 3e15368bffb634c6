// SPDX-License-Identifier: Apache-2.0
// Logging: one spdlog logger a module, all writing to stderr and, if wanted, a file.
//
//   base::Log("supervisor").warn("runner {} ended: {}", pid, reason);
//
// Threads: [any-thread] except audio threads; a logger takes a lock and writes.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <spdlog/logger.h>

#include <map>
#include <string>
#include <string_view>

namespace continuo::base {

inline constexpr std::size_t kLogFileBytes = 4U << 20;  // then it is rotated
inline constexpr std::size_t kLogFilesKept = 3;

struct LogOptions {
  std::string level = "info";
  std::map<std::string, std::string> levels;  // module to level
  std::string file;                           // empty: stderr alone
};

// "trace", "debug", "info", "warning", "error", "critical" or "off"; else
// INVALID_ARGUMENT, which lists them.
[[nodiscard]] absl::StatusOr<spdlog::level::level_enum> ParseLogLevel(std::string_view name);

// Applies to the loggers there are and to those to come. May be called again. On
// an error nothing has changed. The file's directory is made if it is missing.
[[nodiscard]] absl::Status SetUpLog(const LogOptions& options);

// The module's logger, made at the first call; works before SetUpLog too (stderr,
// "info"). The reference is good to the end of the process.
[[nodiscard]] spdlog::logger& Log(std::string_view module);

}  // namespace continuo::base
