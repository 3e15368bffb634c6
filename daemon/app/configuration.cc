// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/configuration.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "daemon/app/configuration_kinds.h"
#include "daemon/app/configuration_repositories.h"
#include "daemon/base/paths.h"
#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/memory/amounts.h"

namespace continuo::app {
namespace {

using C = Configuration;
using Strings = std::vector<std::string>;
using Levels = std::map<std::string, std::string>;

bool IsBudget(std::string_view text) {
  return memory::ParseBudget(text, std::numeric_limits<std::uint64_t>::max()).ok();
}
bool IsSubstitution(std::string_view text) { return text == "never" || text == "compatible"; }
bool IsDuration(std::string_view text) { return memory::ParseDuration(text).ok(); }

struct Key {
  std::string_view name;
  Kind kind;
  std::string_view meaning;
};

constexpr std::size_t kMaxSocketBytes = 107;  // sockaddr_un, less the final zero
constexpr double kDayS = 86400;

const Key kKeys[] = {
    {"daemon.socket",
     PathKind{[](C& c) -> std::string& { return c.daemon.socket; }, kMaxSocketBytes},
     "Unix socket to listen on. Empty: `$XDG_RUNTIME_DIR/continuo/daemon.sock`."},
    {"daemon.idle_exit_s", Number{[](C& c) -> double& { return c.daemon.idle_exit_s; }, 0, kDayS},
     "End after so many seconds without a client; 0: never. The flag `--idle-exit` overrides it: "
     "a client that starts the daemon by itself passes 60."},
    {"log.level", LevelKind{[](C& c) -> std::string& { return c.log.level; }},
     "What is logged: messages of this level and above."},
    {"log.file", PathKind{[](C& c) -> std::string& { return c.log.file; }, kMaxPathBytes},
     "A file to log to beside stderr; 4 MiB, three older ones are kept. Empty: none."},
    {"log.levels", LevelsKind{[](C& c) -> Levels& { return c.log.levels; }},
     "Levels of single modules: `{ supervisor = \"debug\" }`."},
    {"models.paths", PathsKind{[](C& c) -> Strings& { return c.models.paths; }},
     "Directories with models, looked at before `~/.local/share/continuo/models` and those that "
     "came with the installation."},
    {"models.import_timeout_s",
     Number{[](C& c) -> double& { return c.models.import_timeout_s; }, 0.1, 3600},
     "Seconds that inspecting and measuring a foreign model file may take."},
    {"models.substitute",
     TextKind{[](C& c) -> std::string& { return c.models.substitute; }, "never or compatible",
              &IsSubstitution},
     "What becomes of a stream or job that names a version which is not installed. `never`: it is "
     "refused. `compatible`: the newest of the same major version that is not older takes its "
     "place, and it is said."},
    {"memory.budget",
     TextKind{[](C& c) -> std::string& { return c.memory.budget; }, memory::kBudgetTakes,
              &IsBudget},
     "What the daemon and its runners may take together; a share is of the machine's memory, or "
     "of the control group's limit where that is less. At least 32 MiB."},
    {"memory.keep_alive",
     TextKind{[](C& c) -> std::string& { return c.memory.keep_alive; }, memory::kDurationTakes,
              &IsDuration},
     "How long a model stays loaded when nothing uses it. Its memory may be needed earlier."},
    {"memory.wait_s", Number{[](C& c) -> double& { return c.memory.wait_s; }, 0, kDayS},
     "Seconds that a job waits for memory which others use; then it fails. A stream does not "
     "wait."},
    {"memory.smaller_variants", FlagKind{[](C& c) -> bool& { return c.memory.smaller_variants; }},
     "Where memory is short, load a variant that takes less, if the model has one; "
     "`continuoctl memory` names it."},
    {"runner.isolation", IsolationKind{[](C& c) -> Isolation& { return c.runner.isolation; }},
     "`executor`: models of one executor share a process, which saves memory. `model`: each model "
     "has its own, so that a crash ends no other."},
    {"runner.realtime_priority",
     Integer{[](C& c) -> std::int64_t& { return c.runner.realtime_priority; }, 0, 20},
     "SCHED_FIFO priority of audio threads, where the system permits it; 0: off."},
    {"runner.hang_timeout_s",
     Number{[](C& c) -> double& { return c.runner.hang_timeout_s; }, 0.1, 600},
     "A runner that does not answer for so many seconds is ended and started anew."},
    {"runner.restart_limit",
     Integer{[](C& c) -> std::int64_t& { return c.runner.restart_limit; }, 0, 100},
     "Restarts of a runner within 60 s, after which its streams fail; 0: none."},
    {"runner.lock_memory", FlagKind{[](C& c) -> bool& { return c.runner.lock_memory; }},
     "Keep runners out of swap, where the system permits it."},
    {"runner.confine", FlagKind{[](C& c) -> bool& { return c.runner.confine; }},
     "Runners reach neither network nor files but their models, and make no process: what a model "
     "brings along can do no more than compute. Off: for a LibTorch outside `/usr` and `/opt`."},
    {"runner.wake",
     WordKind{[](C& c) -> std::string& { return c.runner.wake; }, {"auto", "predict", "sleep"}},
     "How audio threads wait for a block. `sleep`: until they are woken. `predict`: awake shortly "
     "before it is due, for 15 % of a core at most. `auto`: predict while a core is to spare."},
    {"stream.maximum_streams",
     Integer{[](C& c) -> std::int64_t& { return c.stream.maximum_streams; }, 1, 1024},
     "Streams that may be open at once."},
    {"stream.admission",
     WordKind{[](C& c) -> std::string& { return c.stream.admission; }, {"advise", "strict", "off"}},
     "What becomes of a stream that asks for direct mode and is too much for what is left of a "
     "core. `advise`: it gets it, with a warning. `strict`: it is refused. Either way one that "
     "leaves the choice is opened pipelined, and one that cannot run at all is refused. `off`: "
     "nothing is counted."},
    {"stream.attach_timeout_s",
     Number{[](C& c) -> double& { return c.stream.attach_timeout_s; }, 0.1, 600},
     "A stream that its client opens and does not attach within so many seconds is closed."},
    {"stream.start_timeout_s",
     Number{[](C& c) -> double& { return c.stream.start_timeout_s; }, 0.1, 600},
     "Seconds that loading a model and readying a stream may take."},
    {"jobs.threads", Integer{[](C& c) -> std::int64_t& { return c.jobs.threads; }, 0, 256},
     "Threads that write notes, all at low priority; 0: one for every two cores."},
    {"jobs.at_once", Integer{[](C& c) -> std::int64_t& { return c.jobs.at_once; }, 1, 64},
     "Jobs of one priority that are at work at once, one batch of them all. One of a higher "
     "priority does not wait for those below it."},
    {"jobs.maximum_queued",
     Integer{[](C& c) -> std::int64_t& { return c.jobs.maximum_queued; }, 1, 10'000},
     "Jobs that may wait, of one client half as many; what is more is refused."},
    {"jobs.cache_mib", Integer{[](C& c) -> std::int64_t& { return c.jobs.cache_mib; }, 0, 4096},
     "MiB of results that are kept for who asks for the same again; 0: none."},
    {"jobs.predict", FlagKind{[](C& c) -> bool& { return c.jobs.predict; }},
     "Make in advance, when nothing else is to be done, what is likely to be asked for next."},
    {"metrics.socket",
     PathKind{[](C& c) -> std::string& { return c.metrics.socket; }, kMaxSocketBytes},
     "Unix socket on which figures can be had as Prometheus text, `GET /metrics`, by this user "
     "alone. Empty: none."},
};

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string_view TableOf(const Key& key) { return key.name.substr(0, key.name.find('.')); }

// "; did you mean 'runner.isolation'?", or nothing where no key is near.
std::string Suggestion(std::string_view unknown) {
  if (unknown.size() > kMaxShownBytes) return {};
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, unknown.size() / 3) + 1;
  const bool in_table = unknown.find('.') != std::string_view::npos;
  for (const Key& key : kKeys) {
    const std::string_view name = in_table ? key.name : TableOf(key);
    const std::size_t distance = EditDistance(unknown, name);
    if (distance < least) {
      least = distance;
      best = name;
    }
  }
  return best.empty() ? "" : base::StrCat("; did you mean '", best, "'?");
}

// Walks the file's tables. Of all that is wrong, what stands first is told.
class Reader {
 public:
  Reader(Configuration* configuration, std::string_view file)
      : configuration_(configuration), file_(file) {}

  void ReadTable(const toml::table& table, const std::string& prefix) {
    for (const auto& [name, node] : table) {
      const std::string full = base::StrCat(prefix, std::string_view(name.str()));
      const auto* key = std::find_if(std::begin(kKeys), std::end(kKeys),
                                     [&](const Key& known) { return known.name == full; });
      const bool is_table = std::any_of(std::begin(kKeys), std::end(kKeys),
                                        [&](const Key& known) { return TableOf(known) == full; });
      const auto line = name.source().begin.line;
      if (key != std::end(kKeys)) {
        const std::string wrong = Read(node, key->kind, configuration_);
        if (!wrong.empty()) {
          Complain(line, full, base::StrCat(wrong, "; it takes ", Takes(key->kind)));
        }
      } else if (full == "repository") {
        const auto fault = ReadRepositories(node, configuration_);
        if (fault) Complain(fault->line, fault->key, fault->what);
      } else if (!is_table) {
        Complain(line, full, base::StrCat("is not known", Suggestion(full)));
      } else if (node.is_table()) {
        ReadTable(*node.as_table(), full + ".");
      } else {
        Complain(line, full, base::StrCat("is ", TypeName(node), "; it takes a table"));
      }
    }
  }

  [[nodiscard]] const absl::Status& status() const { return status_; }

 private:
  void Complain(toml::source_index line, std::string_view key, std::string_view what) {
    if (!status_.ok() && line >= line_) return;
    line_ = line;
    status_ = absl::InvalidArgumentError(
        base::StrCat(file_, ":", line, ": key '", Shown(key), "' ", what));
  }

  Configuration* configuration_;
  std::string_view file_;
  toml::source_index line_ = 0;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<Configuration> ParseConfiguration(std::string_view text, std::string_view name) {
  if (text.size() > kMaxConfigurationBytes) {
    return absl::InvalidArgumentError(
        base::StrCat(name, ": longer than ", kMaxConfigurationBytes, " bytes"));
  }
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(
        base::StrCat(name, ":", error.source().begin.line,
                     ": not valid TOML: ", std::string_view(error.description())));
  }
  Configuration configuration;
  Reader reader(&configuration, name);
  reader.ReadTable(table, "");
  if (!reader.status().ok()) return reader.status();
  return configuration;
}

absl::StatusOr<Configuration> LoadConfiguration(const std::string& path) {
  const std::string file = path.empty() ? base::ConfigDir() + "/continuod.toml" : path;
  const absl::StatusOr<std::string> text = base::ReadFile(file, kMaxConfigurationBytes);
  if (path.empty() && absl::IsNotFound(text.status())) return Configuration();
  if (!text.ok()) return text.status();
  absl::StatusOr<Configuration> configuration = ParseConfiguration(*text, file);
  if (configuration.ok()) configuration->path = file;
  return configuration;
}

std::string DefaultConfigurationText() {
  Configuration defaults;
  std::string text = "# Continuo's configuration: ~/.config/continuo/continuod.toml\n";
  std::string_view table;
  for (const Key& key : kKeys) {
    if (TableOf(key) != table) {
      table = TableOf(key);
      base::StrAppend(&text, "\n[", table, "]\n");
    }
    base::StrAppend(&text, "# ", key.meaning, "\n# Takes ", Takes(key.kind), ".\n",
                    key.name.substr(table.size() + 1), " = ", Show(key.kind, defaults), "\n");
  }
  return text + RepositoryExample();
}

std::string ConfigurationTable() {
  Configuration defaults;
  std::string text = "| key | takes | default | meaning |\n|---|---|---|---|\n";
  for (const Key& key : kKeys) {
    base::StrAppend(&text, "| `", key.name, "` | ", Takes(key.kind), " | `",
                    Show(key.kind, defaults), "` | ", key.meaning, " |\n");
  }
  return text;
}

}  // namespace continuo::app
