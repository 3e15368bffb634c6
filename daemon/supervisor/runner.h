// SPDX-License-Identifier: Apache-2.0
// A runner that lives: its process, its messages, and whether it still answers.
//
// Threads: [loop-thread]. The owner may be told of messages and of the end from within
// calls of the loop, never from within its own calls to this object; it destroys the
// object from the loop (EventLoop::Post), not from within a handler.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "continuo/internal/runner.pb.h"
#include "daemon/supervisor/control_channel.h"
#include "daemon/supervisor/event_loop.h"
#include "daemon/supervisor/runner_process.h"

namespace continuo::supervisor {

class Runner {
 public:
  struct Handlers {
    std::function<void(const internal::FromRunner&)> message;  // all but pongs that are old
    // Once; nothing follows. `reason`: "signal 9 (Killed)", or why it was ended by us.
    std::function<void(const std::string& reason, bool asked)> ended;
  };

  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Runner>> Start(EventLoop* loop,
                                                                     const RunnerOptions& options,
                                                                     Handlers handlers);
  ~Runner();  // ends the process if it has not ended
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  [[nodiscard]] const std::string& scheduling() const { return scheduling_; }
  // What it has given up, in words.
  [[nodiscard]] const std::string& confinement() const { return confinement_; }
  [[nodiscard]] bool ending() const { return asked_ || killed_; }

  void Send(const internal::ToRunner& message) { channel_->Send(message); }
  // Returns the number that the answer will carry.
  std::uint64_t Ping();
  // Pings, and returns for how many calls in a row no answer has come in between. Counted in
  // calls, not in time: a daemon that was itself stopped must not blame its runners.
  [[nodiscard]] std::uint64_t CountSilence();

  // Asks it to end; 2 s later it is killed.
  void Shutdown();
  void Kill(const std::string& why);

 private:
  Runner(EventLoop* loop, RunnerProcess process, Handlers handlers);
  void OnMessage(const internal::FromRunner& message);
  void OnEnded();

  EventLoop* loop_;
  RunnerProcess process_;
  Handlers handlers_;
  std::unique_ptr<ControlChannel> channel_;
  std::string scheduling_;
  std::string confinement_;
  std::uint64_t last_ping_ = 0;
  std::uint64_t last_pong_ = 0;
  std::uint64_t pong_when_counted_ = 0;
  std::uint64_t silence_ = 0;
  bool asked_ = false;
  bool killed_ = false;
  bool ended_ = false;
  std::string why_killed_;
  EventLoop::TimerId kill_timer_ = EventLoop::kNoTimer;
};

}  // namespace continuo::supervisor
