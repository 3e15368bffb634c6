// SPDX-License-Identifier: Apache-2.0
// Says on standard error that memory is waited for, and who holds it, while a job has not begun.
// A thread of its own that asks the daemon once a second, from the second second on.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "shared/client/connection.h"

namespace continuo::ctl {

class MemoryNotice {
 public:
  explicit MemoryNotice(const client::Connected& connected);
  ~MemoryNotice();
  MemoryNotice(const MemoryNotice&) = delete;
  MemoryNotice& operator=(const MemoryNotice&) = delete;

  // The job has begun.
  void Stop();

 private:
  void Watch();

  const client::Connected connected_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace continuo::ctl
