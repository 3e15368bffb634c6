// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "daemon/base/str_cat.h"

namespace continuo::base {
namespace {

constexpr char kPattern[] = "%Y-%m-%d %H:%M:%S.%e %^%l%$ %n: %v";
constexpr char kJournalPattern[] = "<%*>%n: %v";  // the journal adds time and process

struct LevelName {
  std::string_view name;
  spdlog::level::level_enum level;
  char priority;  // of syslog(3), which the journal reads from "<N>"
};
constexpr LevelName kLevels[] = {
    {"trace", spdlog::level::trace, '7'}, {"debug", spdlog::level::debug, '7'},
    {"info", spdlog::level::info, '6'},   {"warning", spdlog::level::warn, '4'},
    {"error", spdlog::level::err, '3'},   {"critical", spdlog::level::critical, '2'},
    {"off", spdlog::level::off, '7'},
};

class JournalPriority : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    out.push_back(kLevels[message.level].priority);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JournalPriority>();
  }
};

// $JOURNAL_STREAM is "device:inode" of the journal's socket. It is inherited, so it
// holds for stderr only where stderr is that socket.
bool StderrIsJournal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat info {};
  return stream != nullptr && ::fstat(STDERR_FILENO, &info) == 0 &&
         StrCat(info.st_dev, ":", info.st_ino) == stream;
}

spdlog::sink_ptr StderrSink() {
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  if (StderrIsJournal()) {
    formatter->add_flag<JournalPriority>('*').set_pattern(kJournalPattern);
  } else {
    formatter->set_pattern(kPattern);
  }
  sink->set_formatter(std::move(formatter));
  return sink;
}

// All loggers write to one sink that distributes: SetUpLog changes its targets
// under its lock while others log.
struct State {
  std::mutex mutex;
  const std::shared_ptr<spdlog::sinks::dist_sink_mt> sink =
      std::make_shared<spdlog::sinks::dist_sink_mt>(std::vector<spdlog::sink_ptr>{StderrSink()});
  spdlog::level::level_enum level = spdlog::level::info;
  std::map<std::string, spdlog::level::level_enum, std::less<>> levels;
  std::map<std::string, std::unique_ptr<spdlog::logger>, std::less<>> loggers;

  spdlog::level::level_enum LevelOf(std::string_view module) const {
    const auto found = levels.find(module);
    return found == levels.end() ? level : found->second;
  }
};

State& Shared() {
  static State* const state = new State;  // outlives every static object that logs
  return *state;
}

}  // namespace

absl::StatusOr<spdlog::level::level_enum> ParseLogLevel(std::string_view name) {
  std::string all;
  for (const LevelName& level : kLevels) {
    if (level.name == name) return level.level;
    StrAppend(&all, all.empty() ? "" : ", ", level.name);
  }
  return absl::InvalidArgumentError(
      StrCat("log level '", name, "' is not known; it is one of ", all));
}

absl::Status SetUpLog(const LogOptions& options) {
  const auto level = ParseLogLevel(options.level);
  if (!level.ok()) return level.status();
  decltype(State::levels) levels;
  for (const auto& [module, name] : options.levels) {
    const auto parsed = ParseLogLevel(name);
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(
          StrCat("module '", module, "': ", parsed.status().message()));
    }
    levels[module] = *parsed;
  }
  std::vector<spdlog::sink_ptr> sinks{StderrSink()};
  if (!options.file.empty()) {
    try {
      sinks.push_back(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
          options.file, kLogFileBytes, kLogFilesKept));
      sinks.back()->set_pattern(kPattern);
    } catch (const spdlog::spdlog_ex& error) {
      return absl::UnavailableError(
          StrCat("log file ", options.file, " cannot be written: ", error.what()));
    }
  }

  State& state = Shared();
  const std::lock_guard lock(state.mutex);
  state.sink->set_sinks(std::move(sinks));
  state.level = *level;
  state.levels = std::move(levels);
  for (const auto& [module, logger] : state.loggers) logger->set_level(state.LevelOf(module));
  return absl::OkStatus();
}

spdlog::logger& Log(std::string_view module) {
  State& state = Shared();
  const std::lock_guard lock(state.mutex);
  auto found = state.loggers.find(module);
  if (found == state.loggers.end()) {
    auto logger = std::make_unique<spdlog::logger>(std::string(module), state.sink);
    logger->set_level(state.LevelOf(module));
    logger->flush_on(spdlog::level::trace);  // what is logged is there after a crash
    found = state.loggers.emplace(module, std::move(logger)).first;
  }
  return *found->second;
}

}  // namespace continuo::base
