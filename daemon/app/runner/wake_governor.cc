// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/runner/wake_governor.h"

#include <utility>

#include "daemon/base/clock.h"

namespace continuo::runner {
namespace {

constexpr std::uint64_t kIntervalNs = 500'000'000;

}  // namespace

WakeGovernor::WakeGovernor() : machine_{base::AllowedProcessors(), 0}, idle_(machine_.processors) {}

void WakeGovernor::Look(const std::vector<Governed>& streams) {
  const std::uint64_t now_ns = base::MonotonicNs();
  if (now_ns < next_look_ns_) return;
  next_look_ns_ = now_ns + kIntervalNs;
  if (streams.empty()) return;
  machine_.idle = idle_.Look();
  std::vector<stream::StreamFacts> facts;
  for (const Governed& governed : streams) {
    stream::StreamFacts stream;
    stream.asked = governed.asked;
    if (const auto found = last_.find(governed.stream_id); found != last_.end()) {
      stream.last = found->second;
    }
    governed.worker->Measure(now_ns, &stream);
    facts.push_back(std::move(stream));
  }
  const std::vector<stream::WakePlan> plans = stream::PlanWaking(machine_, facts);
  last_.clear();
  for (std::size_t i = 0; i < streams.size(); ++i) {
    streams[i].worker->Follow(plans[i]);
    last_[streams[i].stream_id] = plans[i];
  }
}

}  // namespace continuo::runner
