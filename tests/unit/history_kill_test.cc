// SPDX-License-Identifier: Apache-2.0
// A writer is killed at each of its system calls in turn. Whoever comes after finds the history
// as it was before or after the step that was cut, that after it where the step had returned; a
// database without a fault; and, once it has swept, no file that no record needs.
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/history/sqlite.h"
#include "tests/unit/history_story.h"

namespace continuo::history {
namespace {

namespace fs = std::filesystem;

struct Ended {
  int status = 0;      // of waitpid
  int steps_done = 0;  // that it told of
  long calls = 0;      // where it was not killed
};

Ended RunVictim(const std::string& directory, long kill_at) {
  const std::string command =
      std::string("exec ") + HISTORY_VICTIM + " " + directory + " " + std::to_string(kill_at);
  FILE* const pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  Ended ended;
  char line[100];
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    int step = 0;
    if (std::sscanf(line, "done %d", &step) == 1) ended.steps_done = step + 1;
    (void)std::sscanf(line, "calls %ld", &ended.calls);
  }
  ended.status = ::pclose(pipe);
  return ended;
}

// What the history holds after 0, 1, 2 … steps.
std::vector<std::string> States() {
  const TemporaryDirectory directory;
  History history(directory.history());
  std::vector<std::string> states{StateOf(history)};
  for (int step = 0; step < kStorySteps; ++step) {
    REQUIRE(DoStep(history, step).ok());
    states.push_back(StateOf(history));
  }
  REQUIRE(std::set<std::string>(states.begin(), states.end()).size() == states.size());
  return states;
}

// Files beside those that the records' blobs need.
std::size_t Orphans(const std::string& directory) {
  Database database = *Database::Open(directory + "/history.db");
  std::set<std::string> needed;
  Statement row = database.Prepare("SELECT sha256 FROM blobs WHERE data IS NULL");
  while (row.Step()) needed.insert(row.Text(0) + ".zst");
  REQUIRE(row.status().ok());
  std::size_t orphans = 0;
  if (!fs::exists(directory + "/blobs")) return 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory + "/blobs")) {
    if (entry.is_regular_file()) orphans += 1 - needed.erase(entry.path().filename().string());
  }
  REQUIRE(needed.empty());
  return orphans;
}

// Those calls whose number leaves `rest` when divided by kParts.
constexpr long kParts = 4;

void KillAtEach(long rest) {
  const std::vector<std::string> states = States();
  long calls = 0;
  {
    const TemporaryDirectory directory;
    const Ended ended = RunVictim(directory.history(), 0);
    REQUIRE(WIFEXITED(ended.status));
    REQUIRE(WEXITSTATUS(ended.status) == 0);
    REQUIRE(ended.steps_done == kStorySteps);
    calls = ended.calls;
  }
  REQUIRE(calls > 100);
  std::size_t orphans = 0;
  for (long call = 1; call <= calls; ++call) {
    if (call % kParts != rest) continue;
    INFO("killed at call " << call << " of " << calls);
    const TemporaryDirectory directory;
    const Ended ended = RunVictim(directory.history(), call);
    REQUIRE(WIFSIGNALED(ended.status));
    {
      History history(directory.history());
      REQUIRE(history.status().ok());
      REQUIRE(history.notice().empty());
      const auto after = static_cast<std::size_t>(ended.steps_done);
      const std::string state = StateOf(history);
      REQUIRE((state == states[after] || (after < kStorySteps && state == states[after + 1])));
      const absl::StatusOr<int> swept = history.Sweep();
      REQUIRE(swept.ok());
      orphans += static_cast<std::size_t>(*swept);
      REQUIRE(StateOf(history) == state);
      // It goes on from there.
      REQUIRE(history.Add(StoryRecord(7)).ok());
    }
    Database database = *Database::Open(directory.history() + "/history.db");
    Statement check = database.Prepare("PRAGMA integrity_check");
    REQUIRE(check.Step());
    REQUIRE(check.Text(0) == "ok");
    REQUIRE(*database.Number("SELECT count(*) FROM pragma_foreign_key_check") == 0);
    REQUIRE(Orphans(directory.history()) == 0);
  }
  // Else nothing was ever killed between a file and its row.
  CHECK(orphans > 0);
}

TEST_CASE("History: killed at any system call, it is in the state before or after the step, 1") {
  KillAtEach(0);
}
TEST_CASE("History: killed at any system call, it is in the state before or after the step, 2") {
  KillAtEach(1);
}
TEST_CASE("History: killed at any system call, it is in the state before or after the step, 3") {
  KillAtEach(2);
}
TEST_CASE("History: killed at any system call, it is in the state before or after the step, 4") {
  KillAtEach(3);
}

}  // namespace
}  // namespace continuo::history
