// SPDX-License-Identifier: Apache-2.0
// The operating system's part of a runner: spawn, end, and how it ended.
// Threads: Spawn on the thread that lives as long as the daemon (event_loop.h).
#pragma once

#include <absl/status/statusor.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "daemon/base/unique_fd.h"

namespace continuo::supervisor {

struct RunnerOptions {
  std::string program;  // empty: $CONTINUO_RUNNER, else `continuo-runner` beside this program
  int realtime_priority = 10;  // 0: off
  bool lock_memory = true;
  double hang_timeout_s = 10;  // for one block
  std::string log_level = "info";
  bool confine = true;  // it gives up files, network and processes before it loads a model
  std::vector<std::string> readable;  // directories of models that it may read then
  bool inspector = false;             // started to read one foreign file
  int job_threads = 0;                // started to run jobs, at low priority, on so many threads
};

class RunnerProcess {
 public:
  // The child's descriptor 3 is one end of a SOCK_SEQPACKET pair; it has no other of ours
  // but 1 and 2. An error names the program.
  [[nodiscard]] static absl::StatusOr<RunnerProcess> Spawn(const RunnerOptions& options);

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }  // readable when it has ended
  [[nodiscard]] int socket() const { return socket_.get(); }

  void Kill() const;
  // Takes the ended process off the system: "exit 1", "signal 9 (Killed)".
  [[nodiscard]] std::string Reap() const;

 private:
  RunnerProcess(pid_t pid, base::UniqueFd pidfd, base::UniqueFd socket)
      : pid_(pid), pidfd_(std::move(pidfd)), socket_(std::move(socket)) {}

  pid_t pid_;
  base::UniqueFd pidfd_;
  base::UniqueFd socket_;
};

}  // namespace continuo::supervisor
