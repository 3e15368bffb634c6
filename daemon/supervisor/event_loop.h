// SPDX-License-Identifier: Apache-2.0
// One thread that waits for everything: descriptors, timers, and work from other threads.
//
// Problem: the state of the supervisor is touched by gRPC's threads, by runners that speak
// or die, and by time. With a lock a thing it would be hard to see what may happen between
// two lines; on one thread nothing does.
// Threads: Post() is [any-thread]; all else is [loop-thread], or any thread before Start().
// Fork: the thread lives as long as the object, so that what it spawns may ask for a signal
// at its parent's death (which Linux ties to the thread).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/base/unique_fd.h"

namespace continuo::supervisor {

class EventLoop {
 public:
  using Task = std::function<void()>;
  using Ready = std::function<void(std::uint32_t events)>;  // EPOLLIN, …
  using Clock = std::chrono::steady_clock;
  using TimerId = std::pair<Clock::time_point, std::uint64_t>;
  static constexpr TimerId kNoTimer{};

  EventLoop();
  // Runs what was posted before, then ends the thread.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void Start();
  void Post(Task task);  // [any-thread]

  // The descriptor stays the caller's, who unwatches it before closing it.
  void Watch(int fd, std::uint32_t events, Ready ready);
  void Rewatch(int fd, std::uint32_t events);
  void Unwatch(int fd);

  TimerId RunAfter(Clock::duration delay, Task task);
  // Nothing happens for a timer that has run, or for kNoTimer.
  void Cancel(TimerId timer);

 private:
  struct Watched {
    std::uint64_t token;  // never used twice, so that a late event finds nobody
    Ready ready;
  };

  void Run();
  void RunPosted();
  void RunTimers();
  [[nodiscard]] int MillisecondsToNextTimer() const;

  base::UniqueFd epoll_;
  base::UniqueFd wake_;
  std::unordered_map<int, std::shared_ptr<Watched>> watched_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Watched>> by_token_;
  std::map<TimerId, Task> timers_;
  std::uint64_t next_token_ = 1;

  std::mutex mutex_;
  std::vector<Task> posted_;  // guarded by mutex_
  bool stopping_ = false;     // guarded by mutex_
  std::thread thread_;
};

}  // namespace continuo::supervisor
