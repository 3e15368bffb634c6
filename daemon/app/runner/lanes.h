// SPDX-License-Identifier: Apache-2.0
// Which worker is stepped by which thread: its own, or a lane's. The daemon decides
// (PlaceStream), this carries it out.
// Threads: one thread, not the one that watches for hanging models: what is done here waits
// for blocks in hand.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "daemon/stream/worker_lane.h"

namespace continuo::runner {

class Lanes {
 public:
  explicit Lanes(int realtime_priority) : realtime_priority_(realtime_priority) {}

  // From now on in this lane of this core (counted from 1; 0: any); 0: on a thread of its own.
  void Place(stream::StreamWorker* worker, std::uint32_t core, std::uint32_t lane);
  // On no thread at all: it may be destroyed.
  void Release(stream::StreamWorker* worker);
  // Takes the others out of a lane in which one hangs.
  void Rescue();

 private:
  struct Lane {
    std::uint32_t number;
    std::unique_ptr<stream::WorkerLane> thread;
  };
  [[nodiscard]] int PipelinedPriority() const;
  void Join(stream::StreamWorker* worker, std::uint32_t core, std::uint32_t lane);

  const int realtime_priority_;
  std::vector<Lane> lanes_;
};

}  // namespace continuo::runner
