// SPDX-License-Identifier: Apache-2.0
// A thread for what may take long, so that the caller's does not wait.
// Threads: Run() is [any-thread]; tasks run one after the other on the worker.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace continuo::base {

class BackgroundWorker {
 public:
  // `name` is the thread's.
  explicit BackgroundWorker(const char* name) : name_(name) {}
  // Waits for the task at work; those behind it are dropped.
  ~BackgroundWorker();
  BackgroundWorker(const BackgroundWorker&) = delete;
  BackgroundWorker& operator=(const BackgroundWorker&) = delete;

  // The thread begins with the first task.
  void Run(std::function<void()> task);

 private:
  void Loop();

  const char* const name_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace continuo::base
