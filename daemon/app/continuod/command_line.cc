// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/continuod/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "daemon/base/log.h"
#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"

namespace continuo::app {
namespace {

constexpr double kLongestIdleS = 86400;
constexpr char kFooter[] =
    "Exit codes: 0 ended as asked (or serving in the background), 1 failure, 2 wrong command line "
    "or configuration, 3 another daemon serves the socket.\n"
    "Signals: SIGTERM and SIGINT end it, SIGHUP reads the log levels again.";

// The daemon changes its directory; what the user named is meant from here.
void MakeAbsolute(std::string* path) {
  if (!path->empty()) *path = std::filesystem::absolute(*path).lexically_normal().string();
}

std::string CheckLogLevel(const std::string& name) {
  const auto level = base::ParseLogLevel(name);
  return level.ok() ? std::string() : std::string(level.status().message());
}

}  // namespace

std::optional<CommandLine> ParseCommandLine(int argc, const char* const* argv, int* exit_code) {
  CommandLine line;
  double idle_exit_s = 0;
  CLI::App app("The Continuo daemon: runs models for LMMS and for scripts.", "continuod");
  app.footer(kFooter);
  app.set_version_flag("--version", base::StrCat("continuod ", base::kVersion));
  app.add_flag("--foreground", line.foreground,
               "Stay in the foreground. Else it returns when the daemon is serving");
  app.add_option("--socket", line.socket,
                 "Unix socket to serve ($CONTINUO_SOCKET; the configuration's daemon.socket; "
                 "$XDG_RUNTIME_DIR/continuo/daemon.sock)");
  app.add_option("--config", line.config, "Configuration (~/.config/continuo/continuod.toml)");
  const CLI::Option* const idle =
      app.add_option("--idle-exit", idle_exit_s,
                     "End after so many seconds without a client; 0: never")
          ->check(CLI::Range(0.0, kLongestIdleS));
  app.add_option("--log-level", line.log_level,
                 "trace, debug, info, warning, error, critical or off")
      ->check(CheckLogLevel);
  app.add_flag("--print-config", line.print_config, "Print every key with its default, and end");
  app.add_flag("--check-config", line.check_config, "Check the configuration, and end");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    *exit_code = app.exit(error) == 0 ? kExitOk : kExitUsage;
    return std::nullopt;
  }
  if (idle->count() > 0) line.idle_exit_s = idle_exit_s;
  if (const char* named = std::getenv("CONTINUO_SOCKET"); named != nullptr && line.socket.empty()) {
    line.socket = named;
  }
  MakeAbsolute(&line.socket);
  MakeAbsolute(&line.config);
  return line;
}

}  // namespace continuo::app
