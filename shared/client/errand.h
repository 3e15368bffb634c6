// SPDX-License-Identifier: Apache-2.0
// Calls to the daemon and pauses, one after the other on one thread, that another thread may end.
//
// Problem: a host takes an effect away, or closes its window, while a daemon that hangs has not
// answered. Whoever waits for the thread that asked must not wait for the daemon too.
//
// Threads: Run and Pause on the errand's own thread; the rest [any-thread].
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace continuo::client {

inline constexpr std::chrono::milliseconds kNoDeadline{0};

class Errand {
 public:
  // Runs `call` with a context that Cancel() reaches. CANCELLED, and no call, where that came
  // before.
  grpc::Status Run(std::chrono::milliseconds deadline,
                   const std::function<grpc::Status(grpc::ClientContext&)>& call);
  // False where Cancel() has cut it short, or came before.
  bool Pause(std::chrono::milliseconds time);

  // Ends what is under way, and all that would follow.
  void Cancel();
  // What follows may run again.
  void Renew();
  [[nodiscard]] bool cancelled() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable cancel_;
  grpc::ClientContext* context_ = nullptr;
  bool cancelled_ = false;
};

}  // namespace continuo::client
