// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/interrupt.h"

#include <cstdio>
#include <utility>

namespace continuo::ctl {

Interrupt::Interrupt() {
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    // What is ignored (by nohup) would come all the same, once it is blocked and waited for.
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&signals_, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

Interrupt::~Interrupt() {
  stop_ = true;
  if (watcher_.joinable()) watcher_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::Call(std::function<void()> on_signal) {
  watcher_ = std::thread([this, on_signal = std::move(on_signal)] {
    constexpr timespec kLook{0, 50'000'000};
    while (!stop_) {
      const int signal = sigtimedwait(&signals_, nullptr, &kLook);
      if (signal <= 0) continue;
      signal_ = signal;
      on_signal();
      return;
    }
  });
}

void Interrupt::EndIfAsked() {
  if (signal_ == 0) return;
  std::fflush(nullptr);
  ::signal(signal_, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  ::raise(signal_);
}

}  // namespace continuo::ctl
