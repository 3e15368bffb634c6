// SPDX-License-Identifier: Apache-2.0
// continuoctl: the daemon at the command line.
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/json.h"
#include "daemon/app/ctl/memory.h"
#include "daemon/app/ctl/models.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::ctl {
namespace {

constexpr const char* kFooter =
    "Exit codes:\n"
    "  0  done\n"
    "  1  failed (doctor: a problem was found)\n"
    "  2  usage: the command line makes no sense\n"
    "  3  no daemon answers\n"
    "  4  refused: unknown model, parameter or pitch out of range, ...\n"
    "  5  the input file is not good\n"
    "  6  the output file cannot be written\n"
    "\n"
    "Environment: CONTINUO_SOCKET names the socket, CONTINUO_DAEMON the daemon to start.\n";

ExitCode Report(bool json, const std::string& word, const std::string& message, ExitCode code) {
  if (json) {
    PrintJson({{"error", {{"code", word}, {"message", message}}}});
  } else {
    fmt::print(stderr, "continuoctl: {}\n", message);
  }
  return code;
}

void PrintVersion(bool json) {
  if (json) {
    PrintJson({{"version", CONTINUO_VERSION}, {"segment_abi", ipc::kSegmentAbi}});
  } else {
    fmt::print("continuoctl {} (segment ABI {})\n", CONTINUO_VERSION, ipc::kSegmentAbi);
  }
}

// A misspelt verb is what is wrong, more than that there is none.
std::string UsageWords(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining(/*recurse=*/true);
  const bool verb_missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const std::string what = verb_missing && !unknown.empty()
                               ? fmt::format("'{}' is not known here", unknown.front())
                               : std::string(error.what());
  return what + "; see continuoctl --help";
}

ExitCode Run(int argc, char** argv) {
  // Known before the command line is understood, so that errors in it are JSON too.
  const bool json = std::any_of(
      argv + 1, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
  CLI::App app{"Speaks to the Continuo daemon: models, streams, files, and the state of it all."};
  Context context;
  app.name("continuoctl");
  app.footer(kFooter);
  app.fallthrough();
  app.require_subcommand(1);
  app.set_version_flag("--version", CONTINUO_VERSION, "Print the version and end");
  app.add_flag("--json", context.json, "One JSON document on standard output, errors too");
  app.add_option("--socket", context.socket, "The daemon's socket (default: the user's own)")
      ->type_name("PATH");
  app.add_flag("--no-autostart", context.no_autostart, "Do not start a daemon where none answers");
  AddStatus(app, context);
  AddModels(app, context);
  AddRepo(app, context);
  AddCredits(app, context);
  AddProcess(app, context);
  AddStream(app, context);
  AddMidi(app, context);
  AddProject(app, context);
  AddGenerate(app, context);
  AddJobs(app, context);
  AddMemory(app, context);
  AddHistory(app, context);
  AddTop(app, context);
  AddBench(app, context);
  AddEvents(app, context);
  AddDoctor(app, context);
  try {
    app.parse(argc, argv);
    return context.action();
  } catch (const CLI::CallForVersion&) {
    PrintVersion(json);
    return ExitCode::kOk;
  } catch (const CLI::CallForHelp& help) {
    app.exit(help);
    return ExitCode::kOk;
  } catch (const CLI::CallForAllHelp& help) {
    app.exit(help);
    return ExitCode::kOk;
  } catch (const CLI::ParseError& error) {
    return Report(json, "usage", UsageWords(app, error), ExitCode::kUsage);
  } catch (const Failure& failure) {
    return Report(json, failure.word(), failure.what(), failure.exit_code());
  } catch (const std::exception& error) {
    return Report(json, "failed", error.what(), ExitCode::kFailed);
  }
}

}  // namespace
}  // namespace continuo::ctl

int main(int argc, char** argv) {
  using continuo::ctl::ExitCode;
  ExitCode code = continuo::ctl::Run(argc, argv);
  if (std::fflush(stdout) != 0 && code == ExitCode::kOk) {
    fmt::print(stderr, "continuoctl: standard output: {}\n", std::strerror(errno));
    code = ExitCode::kFailed;
  }
  return static_cast<int>(code);
}
