// SPDX-License-Identifier: Apache-2.0
// Looks at the machine and at all streams twice a second, and has each of them wait as
// wake_plan.h decides.
// Threads: one at a time, not an audio thread.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "daemon/base/processors.h"
#include "daemon/stream/stream_worker.h"

namespace continuo::runner {

class WakeGovernor {
 public:
  WakeGovernor();

  struct Governed {
    std::uint64_t stream_id = 0;
    stream::StreamWorker* worker = nullptr;
    stream::WakeMode asked = stream::WakeMode::kAuto;
  };
  // May be called more often: does nothing until it is time again.
  void Look(const std::vector<Governed>& streams);

 private:
  stream::MachineFacts machine_;
  base::IdleMeter idle_;
  std::map<std::uint64_t, stream::WakePlan> last_;
  std::uint64_t next_look_ns_ = 0;
};

}  // namespace continuo::runner
