// SPDX-License-Identifier: Apache-2.0
// Ctrl-C, SIGTERM and SIGHUP while a call or a long work runs: it is cancelled in good order, then
// the program ends by the signal, as a shell expects.
#pragma once

#include <signal.h>

#include <atomic>
#include <functional>
#include <thread>

namespace continuo::ctl {

class Interrupt {
 public:
  // Calls `on_signal` on a thread of its own, once. The signals are blocked in this thread, and
  // in those that it starts from now on: to be made before the connection.
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void Call(std::function<void()> on_signal);
  // Ends this program by the signal that came, if one did.
  void EndIfAsked();

 private:
  sigset_t before_{};
  sigset_t signals_{};
  std::atomic<int> signal_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread watcher_;
};

}  // namespace continuo::ctl
