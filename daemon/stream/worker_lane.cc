// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/worker_lane.h"

#include <algorithm>
#include <future>
#include <utility>

#include "daemon/base/realtime_priority.h"
#include "daemon/base/thread.h"
#include "shared/ipc/signal_group.h"
#include "shared/ipc/wakeup.h"

namespace continuo::stream {
namespace {

constexpr std::uint64_t kIdleWaitNs = 100'000'000;
// Fewer streams are not worth waiting for.
constexpr std::size_t kGatherFrom = 4;
// A client that only wakes us is looked at once in a while, lest this thread starve others.
constexpr std::uint32_t kMaxEmptyWakeups = 64;
constexpr std::uint64_t kNapNs = 1'000'000;
constexpr std::uint64_t kLookNs = 100'000;

std::vector<ipc::Signal*> SignalsOf(ipc::Signal* own, const std::vector<StreamWorker*>& workers) {
  std::vector<ipc::Signal*> signals{own};
  for (StreamWorker* worker : workers) signals.push_back(&worker->input_signal());
  return signals;
}

}  // namespace

// What the audio thread works on; never changed once published.
struct WorkerLane::Roster {
  Roster(Members listed, ipc::Signal* own, const std::vector<StreamWorker*>& workers)
      : members(std::move(listed)), signals(SignalsOf(own, workers)) {}
  const Members members;
  ipc::SignalGroup signals;
};

bool WorkerLane::Member::TooSlow(bool had_block) noexcept {
  if (!worker->fallen()) return false;
  const std::uint64_t now_ns = ipc::MonotonicNs();
  if (had_block) slow_block_ns = now_ns;
  return now_ns - slow_block_ns < kSilentNs;
}

WorkerLane::WorkerLane(std::uint32_t core, int realtime_priority)
    : core_(core), realtime_priority_(realtime_priority) {
  Publish();
  std::promise<std::string> scheduling;
  auto known = scheduling.get_future();
  thread_ = std::thread([this, scheduling = std::move(scheduling)]() mutable {
    base::NameThread("lane " + std::to_string(core_));
    base::FlushDenormals();
    base::BindToCore(core_);
    base::LockStack();
    scheduling.set_value(base::RaisePriority(realtime_priority_));
    granted_priority_ = base::RealtimePriorityOf(0);
    Run();
  });
  scheduling_ = known.get();
}

WorkerLane::~WorkerLane() {
  stop_.store(true);
  ipc::Notify(changed_);
  thread_.join();
}

bool WorkerLane::Add(StreamWorker* worker, WorkerLane* from) {
  if (members_.size() >= kMaxWorkers) return false;
  if (from == nullptr) {
    // Claimed by its own thread, which lets go of it when it ends.
    members_.push_back(std::make_shared<Member>(worker));
    std::atomic<bool>& claimed = members_.back()->claimed;
    claimed.store(true);
    Publish();
    worker->Join(&claimed);
    ipc::Notify(changed_);
    return true;
  }
  // In both lists for a moment.
  const auto found = std::find_if(from->members_.begin(), from->members_.end(),
                                  [&](const auto& member) { return member->worker == worker; });
  members_.push_back(*found);
  Publish();
  from->members_.erase(found);
  from->Publish();
  from->Settle();
  return true;
}

bool WorkerLane::Has(const StreamWorker* worker) const {
  return std::any_of(members_.begin(), members_.end(),
                     [&](const auto& member) { return member->worker == worker; });
}

bool WorkerLane::Remove(StreamWorker* worker) {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const auto& member) { return member->worker == worker; });
  if (found == members_.end()) return false;
  const std::shared_ptr<Member> member = *found;
  members_.erase(found);
  Publish();
  // Claimed for good: whoever still has it in a list passes it over. The audio thread may
  // yet be at its signal, so the list has to be gone too.
  while (member->claimed.exchange(true, std::memory_order_acquire)) ipc::SleepOffline(kLookNs);
  while (in_use_.load() != newest_.load()) ipc::SleepOffline(kLookNs);
  return true;
}

void WorkerLane::Settle() const {
  // One that is stuck is at its block, not at the list, and looks for a new one after that.
  const auto stuck = [this] {
    return std::any_of(members_.begin(), members_.end(),
                       [](const auto& member) { return member->worker->busy_ns() > kStuckNs; });
  };
  while (in_use_.load() != newest_.load() && !stuck()) ipc::SleepOffline(kLookNs);
}

void WorkerLane::Publish() {
  std::vector<StreamWorker*> workers;
  for (const auto& member : members_) workers.push_back(member->worker);
  rosters_.push_back(std::make_unique<Roster>(members_, &changed_, workers));
  newest_.store(rosters_.back().get());
  ipc::Notify(changed_);
  // What is older than what the audio thread has taken is nobody's.
  const Roster* const in_use = in_use_.load();
  const auto oldest = std::find_if(rosters_.begin(), rosters_.end(),
                                   [&](const auto& roster) { return roster.get() == in_use; });
  if (oldest != rosters_.end()) rosters_.erase(rosters_.begin(), oldest);
}

std::unique_ptr<WorkerLane> WorkerLane::Rescue() {
  const auto stuck = std::find_if(members_.begin(), members_.end(), [](const auto& member) {
    return member->worker->busy_ns() > kStuckNs;
  });
  if (stuck == members_.end() || members_.size() < 2) return nullptr;
  auto lane = std::make_unique<WorkerLane>(core_, realtime_priority_);
  lane->members_ = std::exchange(members_, {*stuck});
  std::erase(lane->members_, members_.front());
  lane->Publish();
  Publish();
  return lane;
}

void WorkerLane::Run() {
  std::uint32_t empty_wakeups = 0;
  while (!stop_.load(std::memory_order_acquire)) {
    Roster& roster = *newest_.load();
    in_use_.store(&roster);
    roster.signals.Observe();
    if (newest_.load() != &roster) continue;
    if (StepAll(roster)) {
      empty_wakeups = 0;
      continue;
    }
    const std::uint64_t before_ns = ipc::MonotonicNs();
    roster.signals.WaitUntil(before_ns + kIdleWaitNs);
    const bool woken = ipc::MonotonicNs() < before_ns + kIdleWaitNs;
    empty_wakeups = woken ? empty_wakeups + 1 : 0;
    if (empty_wakeups > kMaxEmptyWakeups) {
      ipc::SleepOffline(kNapNs);
    } else if (woken && roster.members.size() >= kGatherFrom) {
      ipc::SleepOffline(kGatherNs);
    }
  }
}

bool WorkerLane::StepAll(Roster& roster) noexcept {
  bool any = false, fallen = false;
  for (const auto& member : roster.members) {
    if (member->claimed.exchange(true, std::memory_order_acquire)) continue;
    const bool had_block = member->worker->Step();
    any = had_block || any;
    fallen = member->TooSlow(had_block) || fallen;
    member->claimed.store(false, std::memory_order_release);
    // The list may have been taken away while this one was at its block.
    if (newest_.load(std::memory_order_relaxed) != &roster) return true;
  }
  KeepPriority(fallen);
  return any;
}

void WorkerLane::KeepPriority(bool fallen) noexcept {
  if (fallen == fallen_ || granted_priority_ == 0) return;
  fallen_ = fallen;
  base::SetFifoPriority(0, fallen ? 0 : granted_priority_);
}

}  // namespace continuo::stream
