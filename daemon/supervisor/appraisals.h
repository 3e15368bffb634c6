// SPDX-License-Identifier: Apache-2.0
// Work on weights that takes a moment and may crash: each piece in a process of its own, which has
// given up its rights (daemon/app/runner/appraiser.h).
//
// Threads: Run() is [any-thread] that may wait, of several callers at once; but two measurements at
// a time would measure each other, so callers take turns. It starts a thread of its own with the
// first call.
// Errors: the process's own; INTERNAL where it ended without an answer; DEADLINE_EXCEEDED;
// CANCELLED, within 0.1 s, also by Stop(); RESOURCE_EXHAUSTED where there is no memory for it.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>

#include "continuo/internal/runner.pb.h"
#include "daemon/supervisor/event_loop.h"
#include "daemon/supervisor/memory_keeper.h"
#include "daemon/supervisor/runner.h"

namespace continuo::supervisor {

class Appraisals {
 public:
  Appraisals(RunnerOptions runner, MemoryKeeper* memory, double timeout_s = 120);
  ~Appraisals();
  Appraisals(const Appraisals&) = delete;
  Appraisals& operator=(const Appraisals&) = delete;

  [[nodiscard]] absl::StatusOr<internal::Appraised> Run(const internal::Appraise& request,
                                                        const std::function<bool()>& cancelled);
  // What is at work ends with CANCELLED, and so does what comes later.
  void Stop() { stopping_ = true; }

 private:
  struct Work;  // one process, and what it has said

  // [loop-thread]
  [[nodiscard]] absl::Status Begin(const std::shared_ptr<Work>& work,
                                   const internal::Appraise& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  // On the loop, and waits for it.
  void OnLoop(const std::function<void()>& run) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  // Waits for `ready`, but no longer than it is wanted: why not, else OK.
  template <typename Value>
  [[nodiscard]] absl::Status Await(std::future<Value>* ready, double timeout_s,
                                   const std::function<bool()>& cancelled) const;

  const RunnerOptions runner_;
  MemoryKeeper* const memory_;
  const double timeout_s_;
  std::atomic<bool> stopping_{false};
  absl::Mutex turn_;
  std::unique_ptr<EventLoop> loop_ ABSL_GUARDED_BY(turn_);
};

}  // namespace continuo::supervisor
