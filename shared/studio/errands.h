// SPDX-License-Identifier: Apache-2.0
// Errands for a window: each on a thread of its own, until it is done or ended.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>

#include "shared/client/errand.h"

namespace continuo::studio {

using client::Errand;
using client::kNoDeadline;

// The calling thread gives up a real-time priority that it has from its maker: a host's
// window may run at one that its audio does not have.
void BeOrdinary();

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
