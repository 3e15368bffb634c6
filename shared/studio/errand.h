// SPDX-License-Identifier: Apache-2.0
// Calls to the daemon, one after the other on a thread of their own, that another thread
// may end.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace continuo::studio {

// The calling thread gives up a real-time priority that it has from its maker: a host's
// window may run at one that its audio does not have.
void BeOrdinary();

class Errand {
 public:
  // Runs `call` with a context that Cancel() reaches. A deadline of 0 is none.
  // [errand's thread]
  grpc::Status Run(std::chrono::milliseconds deadline,
                   const std::function<grpc::Status(grpc::ClientContext&)>& call);
  void Cancel();  // [any-thread]
  [[nodiscard]] bool cancelled() const;

 private:
  mutable std::mutex mutex_;
  grpc::ClientContext* context_ = nullptr;
  bool cancelled_ = false;
};

// [main-thread], but for what `work` does.
class Errands {
 public:
  using Id = std::uint64_t;

  ~Errands();  // cancels all and waits for them
  Id Start(std::function<void(Errand&)> work);
  void Cancel(Id id);

 private:
  struct Running {
    Errand errand;
    std::atomic<bool> done{false};
    std::thread thread;
  };
  void Reap();

  Id next_ = 1;
  std::map<Id, std::unique_ptr<Running>> running_;
};

}  // namespace continuo::studio
