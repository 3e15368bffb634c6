// SPDX-License-Identifier: Apache-2.0
// Which worker is stepped by which thread: its own, or a lane's. The daemon decides
// (PlaceStream), this carries it out.
// Threads: one thread, neither the one that watches for hanging models nor the one that loads
// them: what is done here waits for blocks in hand, and blocks wait for it.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/stream/worker_lane.h"

namespace continuo::runner {

class Lanes {
 public:
  Lanes(int realtime_priority, stream::PriorityBroker broker)
      : realtime_priority_(realtime_priority), broker_(std::move(broker)) {}

  // From now on in this lane of this core (counted from 1; 0: any); 0: on a thread of its own.
  void Place(stream::StreamWorker* worker, std::uint32_t core, std::uint32_t lane);
  // On no thread at all: it may be destroyed.
  void Release(stream::StreamWorker* worker);
  // To be called about every 50 ms: looks after each lane, and takes the others out of one in
  // which one hangs.
  void Housekeep();

 private:
  struct Lane {
    std::uint32_t number;
    std::unique_ptr<stream::WorkerLane> thread;
  };
  [[nodiscard]] int PipelinedPriority() const;
  void Rescue();
  void Settle();
  void Join(stream::StreamWorker* worker, std::uint32_t core, std::uint32_t lane);

  const int realtime_priority_;
  const stream::PriorityBroker broker_;
  std::vector<Lane> lanes_;
};

}  // namespace continuo::runner
