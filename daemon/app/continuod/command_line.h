// SPDX-License-Identifier: Apache-2.0
// What continuod was asked to do, from its command line and its environment.
#pragma once

#include <optional>
#include <string>

namespace continuo::app {

// Exit codes of continuod, as `--help` lists them.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;           // command line or configuration
inline constexpr int kExitAlreadyRunning = 3;  // another daemon serves this socket

struct CommandLine {
  bool foreground = false;
  bool print_config = false;
  bool check_config = false;
  std::string socket;  // absolute; empty: not given
  std::string config;  // absolute; empty: not given
  std::optional<double> idle_exit_s;
  std::string log_level;  // empty: not given
};

// Nothing where the program is to end at once with *exit_code: --help, --version, an error.
[[nodiscard]] std::optional<CommandLine> ParseCommandLine(int argc, const char* const* argv,
                                                          int* exit_code);

}  // namespace continuo::app
