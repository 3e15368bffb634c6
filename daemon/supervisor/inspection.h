// SPDX-License-Identifier: Apache-2.0
// One foreign file in the hands of a process of its own.
//
// Threads: [loop-thread]. `done` is called from the loop, never from within a call to this
// object, and may not destroy it (EventLoop::Post).
// Errors, each naming the file: INVALID_ARGUMENT where the process ended without an answer
// (it crashed, or ran out of memory); DEADLINE_EXCEEDED; CANCELLED; else the process's own,
// in which the copy's path is replaced by the file's.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>

#include "continuo/internal/runner.pb.h"
#include "daemon/supervisor/event_loop.h"
#include "daemon/supervisor/runner.h"

namespace continuo::supervisor {

struct InspectionRequest {
  std::string path;       // as its owner knows it
  std::string copy_path;  // what is read
  std::uint64_t size_bytes = 0;
  std::vector<std::string> executors;
  std::uint32_t sample_rate_hz = 0;
};

class Inspection {
 public:
  using Done = std::function<void(const absl::StatusOr<internal::Inspected>&)>;
  struct Handlers {
    std::function<void(const std::string& step)> progress;
    Done done;  // once
  };

  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Inspection>> Start(
      EventLoop* loop, const RunnerOptions& runner, double timeout_s,
      const InspectionRequest& request, Handlers handlers);
  ~Inspection();  // ends the process
  Inspection(const Inspection&) = delete;
  Inspection& operator=(const Inspection&) = delete;

  void Cancel();
  [[nodiscard]] pid_t pid() const { return runner_->pid(); }

 private:
  Inspection(EventLoop* loop, double timeout_s, InspectionRequest request, Handlers handlers);
  void OnMessage(const internal::FromRunner& message);
  void OnEnded(const std::string& reason);
  void End(const absl::Status& why);

  EventLoop* loop_;
  const double timeout_s_;
  const InspectionRequest request_;
  const Handlers handlers_;
  std::unique_ptr<Runner> runner_;
  EventLoop::TimerId timer_ = EventLoop::kNoTimer;
  absl::Status ended_why_;  // not OK: we have ended it
  std::unique_ptr<internal::Inspected> answer_;
};

// Which executors may know a file that begins so: JSON is the fused executor's, a ZIP archive
// LibTorch's; all else that of `installed` beside these two. Empty: none.
[[nodiscard]] std::vector<std::string> CandidateExecutors(
    const std::string& head, const std::vector<std::string>& installed);

}  // namespace continuo::supervisor
