// SPDX-License-Identifier: Apache-2.0
// history_victim DIRECTORY CALL: does the story there, says each step that has returned on
// standard output, and is killed at system call number CALL. Without being killed it prints the
// count of its calls. Exit code 3: what a step acknowledged was not synced.
#include <cstdio>
#include <cstdlib>

#include "tests/unit/counted_calls.h"
#include "tests/unit/history_story.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  continuo::counted::KillAt(std::atol(argv[2]));
  {
    continuo::history::History history(argv[1]);
    for (int step = 0; step < continuo::history::kStorySteps; ++step) {
      const absl::Status status = DoStep(history, step);
      if (!status.ok()) {
        std::fprintf(stderr, "step %d: %s\n", step, status.ToString().c_str());
        return 1;
      }
      std::string unsynced = continuo::counted::Unsynced();
      // The database itself lags behind its log, and the lock file has nothing to lose.
      for (const char* name : {"/history.db ", "/lock "}) {
        const std::string path = std::string(argv[1]) + name;
        if (const std::size_t at = unsynced.find(path); at != std::string::npos) {
          unsynced.erase(at, path.size());
        }
      }
      if (!unsynced.empty()) {
        std::fprintf(stderr, "step %d: not synced: %s\n", step, unsynced.c_str());
        return 3;
      }
      std::printf("done %d\n", step);
      std::fflush(stdout);
    }
    if (!history.Sweep().ok()) return 1;
  }
  std::printf("calls %ld\n", continuo::counted::Calls());
  return 0;
}
