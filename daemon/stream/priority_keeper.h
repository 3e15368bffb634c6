// SPDX-License-Identifier: Apache-2.0
// The priority of one audio thread: real-time where it is to be had and does no harm.
//
// It comes from the thread's own limit, else from a broker outside (RTKit), asked by a control
// thread. It is given up for an export, which never sleeps; for a model that needs longer than
// its blocks last, until it has recovered (overrun_guard.h); where the runner's real-time work
// would fill the machine; and for a second where the guard of RLIMIT_RTTIME has taken it
// (realtime_priority.h). Nothing here waits for the audio thread.
// Real time: NoteBlock and Follow make one system call, when the thread falls to normal priority.
// A stream in a lane has no such thread: fallen() tells the lane, whose keeper follows it.
#pragma once

#include <absl/status/status.h>
#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "daemon/stream/overrun_guard.h"

namespace continuo::stream {

// Gets a thread of this process real-time priority (RTKit gives SCHED_RR), `priority` or below.
// May take its time.
using PriorityBroker = std::function<absl::Status(pid_t thread, int priority)>;

class PriorityKeeper {
 public:
  // A block that takes so long is taken for a model that hangs.
  static constexpr std::uint64_t kHangNs = 30'000'000;
  static constexpr std::uint32_t kRest = 20;  // calls of Housekeep: a second

  explicit PriorityKeeper(PriorityBroker broker) : broker_(std::move(broker)) {}

  // By the thread itself, before its audio section.
  void Enter(int priority);
  // [control-thread] Asks the broker, where the thread itself got nothing. After Enter().
  void AskBroker();
  void Leave() noexcept { thread_.store(0); }  // [control-thread]

  void NoteBlock(std::uint64_t process_ns, std::uint64_t block_ns) noexcept;  // [audio-thread]
  // Of a thread whose streams have guards of their own: what these come to. [audio-thread]
  void Follow(bool fallen) noexcept;
  // The model takes longer than its blocks last, or did until lately. [audio-thread]
  [[nodiscard]] bool fallen() const noexcept { return guard_.fallen(); }
  // [control-thread], about every 50 ms. `busy_ns`: how long the block in hand has taken.
  // Without a thread it notes a model that hangs, and no more.
  void Housekeep(bool may_have_it, std::uint64_t busy_ns);

  // 0: there is no such thread now.
  [[nodiscard]] pid_t thread() const noexcept { return thread_.load(); }
  // "SCHED_FIFO 10", or why not. [any-thread]
  [[nodiscard]] std::string words() const;

 private:
  bool Restore(pid_t thread);
  void Say(std::string words);

  const PriorityBroker broker_;
  std::atomic<pid_t> thread_{0};
  std::atomic<int> priority_{0};  // that it has when nothing is against it; 0: none
  std::atomic<bool> fallen_{false};
  OverrunGuard guard_;  // [audio-thread]
  // Housekeep may find a thread that another one takes the place of meanwhile.
  std::atomic<int> asked_priority_{0};
  std::atomic<bool> by_broker_{false};
  std::atomic<bool> has_it_{false};  // as far as is known here
  std::uint32_t rest_ = 0;           // calls of Housekeep until it may have it again
  std::uint32_t patience_ = 0;       // calls of Housekeep until the broker is asked again
  mutable std::mutex words_mutex_;
  std::string words_;
  std::string state_;
};

}  // namespace continuo::stream
