// SPDX-License-Identifier: Apache-2.0
// The memory of one process that serves no model: one that inspects a file, measures a variant or
// makes one. It is asked for before the process starts, as models are (memory_keeper.h), and given
// back with this object; what the process really takes is watched like a runner's.
//
// Threads: [loop-thread] of `loop`, which outlives it.
#pragma once

#include <absl/status/status.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "daemon/supervisor/event_loop.h"
#include "daemon/supervisor/memory_keeper.h"

namespace continuo::supervisor {

struct ClaimRequest {
  std::string place;     // one claim a place at a time: "import"
  std::string executor;  // what costs the same without models
  std::string item;      // "drive.nam"
  std::string words;     // of the use: "being inspected"
  std::uint64_t bytes = 0;
};

class MemoryClaim : private MemoryHolder {
 public:
  // OK, or RESOURCE_EXHAUSTED after the wait that jobs have. Once, later, on the loop; may destroy
  // the claim.
  using Answer = std::function<void(const absl::Status&)>;

  MemoryClaim(MemoryKeeper* keeper, EventLoop* loop, ClaimRequest request, Answer answer);
  ~MemoryClaim() override;
  MemoryClaim(const MemoryClaim&) = delete;
  MemoryClaim& operator=(const MemoryClaim&) = delete;

  // After the grant.
  void SetProcess(pid_t pid) { keeper_->SetRunner(request_.place, pid); }

 private:
  // MemoryHolder
  void OnMemory(const memory::Action& action) override;

  MemoryKeeper* const keeper_;
  const ClaimRequest request_;
  Answer answer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace continuo::supervisor
