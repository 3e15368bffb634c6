// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/runner/lanes.h"

#include <algorithm>
#include <utility>

#include "shared/ipc/signal_group.h"

namespace continuo::runner {

// Below that of direct streams, whose hosts wait for them.
int Lanes::PipelinedPriority() const {
  return realtime_priority_ > 1 ? realtime_priority_ - 1 : realtime_priority_;
}

void Lanes::Place(stream::StreamWorker* worker, std::uint32_t core, std::uint32_t lane) {
  if (lane > 0 && ipc::SignalGroup::Supported()) return Join(worker, core, lane);
  Rescue();
  const int priority = core > 0 ? PipelinedPriority() : realtime_priority_;
  const auto gives = [&](const Lane& known) { return known.thread->Leave(worker, core, priority); };
  if (std::none_of(lanes_.begin(), lanes_.end(), gives)) {
    worker->Join();
    worker->StartOn(core, priority);
  }
  Settle();
}

// What the stream is on stays until what it goes to runs: on a busy machine this thread may wait
// long between any two of these steps.
void Lanes::Join(stream::StreamWorker* worker, std::uint32_t core, std::uint32_t lane) {
  Rescue();
  const auto has = [&](const Lane& known) { return known.thread->Has(worker); };
  const auto found = std::find_if(lanes_.begin(), lanes_.end(), has);
  stream::WorkerLane* const from = found == lanes_.end() ? nullptr : found->thread.get();
  if (from != nullptr && found->number == lane) return;
  const auto takes = [&](const Lane& known) {
    return known.number == lane && known.thread->Add(worker, from);
  };
  if (std::none_of(lanes_.begin(), lanes_.end(), takes)) {
    lanes_.push_back(
        {lane, std::make_unique<stream::WorkerLane>(core, PipelinedPriority(), broker_)});
    static_cast<void>(lanes_.back().thread->Add(worker, from));
  }
  std::erase_if(lanes_, [](const Lane& known) { return known.thread->size() == 0; });
}

void Lanes::Release(stream::StreamWorker* worker) {
  Rescue();  // before one that hangs is waited for
  worker->Join();
  for (const Lane& lane : lanes_) lane.thread->Remove(worker);
  Settle();
}

// Nobody is at the signal of a stream that has gone.
void Lanes::Settle() {
  for (const Lane& lane : lanes_) lane.thread->Settle();
  std::erase_if(lanes_, [](const Lane& lane) { return lane.thread->size() == 0; });
}

void Lanes::Housekeep() {
  Rescue();
  for (const Lane& lane : lanes_) lane.thread->Housekeep();
}

void Lanes::Rescue() {
  std::vector<Lane> rescued;
  for (const Lane& lane : lanes_) {
    if (auto others = lane.thread->Rescue()) rescued.push_back({lane.number, std::move(others)});
  }
  // Before the one that hangs: who comes to the lane's number goes to those.
  for (Lane& lane : rescued) lanes_.insert(lanes_.begin(), std::move(lane));
}

}  // namespace continuo::runner
