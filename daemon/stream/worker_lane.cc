// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/worker_lane.h"

#include <algorithm>
#include <future>
#include <utility>

#include "daemon/base/str_cat.h"
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
constexpr std::uint64_t kSleepNs = 5'000;  // what is shorter was none
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

WorkerLane::WorkerLane(std::uint32_t core, int realtime_priority, PriorityBroker broker, bool ask)
    : core_(core),
      realtime_priority_(realtime_priority),
      broker_(std::move(broker)),
      priority_(broker_) {
  Publish();
  std::promise<void> entered;
  thread_ = std::thread([this, &entered] {
    base::NameThread("lane " + std::to_string(core_));
    base::FlushDenormals();
    base::BindToCore(core_);
    base::LockStack();
    priority_.Enter(realtime_priority_);
    entered.set_value();
    Run();
  });
  entered.get_future().wait();
  if (ask) priority_.AskBroker();
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

bool WorkerLane::Has(const StreamWorker* worker) const { return Find(worker) != nullptr; }

bool WorkerLane::Remove(StreamWorker* worker) {
  const std::shared_ptr<Member> member = Find(worker);
  if (member == nullptr) return false;
  Erase(member);
  // Claimed for good: whoever still has it in a list passes it over. The audio thread may
  // yet be at its signal, so the list has to be gone too.
  while (member->claimed.exchange(true, std::memory_order_acquire)) ipc::SleepOffline(kLookNs);
  Settle();
  return true;
}

bool WorkerLane::Leave(StreamWorker* worker, std::uint32_t core, int realtime_priority) {
  const std::shared_ptr<Member> member = Find(worker);
  if (member == nullptr) return false;
  worker->StartOn(core, realtime_priority, &member->claimed);
  Erase(member);
  Settle();
  return true;
}

std::shared_ptr<WorkerLane::Member> WorkerLane::Find(const StreamWorker* worker) const {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const auto& member) { return member->worker == worker; });
  return found == members_.end() ? nullptr : *found;
}

void WorkerLane::Erase(const std::shared_ptr<Member>& member) {
  std::erase(members_, member);
  Publish();
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
  told_.clear();
}

std::unique_ptr<WorkerLane> WorkerLane::Rescue() {
  const auto stuck = std::find_if(members_.begin(), members_.end(), [](const auto& member) {
    return member->worker->busy_ns() > kStuckNs;
  });
  if (stuck == members_.end() || members_.size() < 2) return nullptr;
  auto lane = std::make_unique<WorkerLane>(core_, realtime_priority_, broker_, /*ask=*/false);
  lane->members_ = std::exchange(members_, {*stuck});
  std::erase(lane->members_, members_.front());
  lane->Publish();
  Publish();
  lane->priority_.AskBroker();  // they play already
  return lane;
}

void WorkerLane::Housekeep() {
  std::uint64_t busy_ns = 0;
  for (const auto& member : members_) busy_ns = std::max(busy_ns, member->worker->busy_ns());
  priority_.Housekeep(true, busy_ns);
  std::string words = base::StrCat(scheduling(), "; one of ", members_.size(), " in a lane");
  if (core_ > 0) base::StrAppend(&words, " on core ", core_ - 1);
  if (words == told_) return;
  for (const auto& member : members_) member->worker->TellLane(words);
  told_ = std::move(words);
}

void WorkerLane::Run() {
  std::uint32_t empty_wakeups = 0;
  slept_ns_ = ipc::MonotonicNs();
  while (!stop_.load(std::memory_order_acquire)) {
    Roster& roster = *newest_.load();
    in_use_.store(&roster);
    roster.signals.Observe();
    if (newest_.load() != &roster) continue;
    if (StepAll(roster)) {
      empty_wakeups = 0;
      continue;
    }
    pauses_ = 0;
    const std::uint64_t before_ns = ipc::MonotonicNs();
    roster.signals.WaitUntil(due_ns_);
    const std::uint64_t after_ns = ipc::MonotonicNs();
    // A signal that has moved already is not slept on.
    if (after_ns - before_ns > kSleepNs) slept_ns_ = after_ns;
    const bool woken = after_ns < due_ns_;
    empty_wakeups = woken ? empty_wakeups + 1 : 0;
    if (empty_wakeups > kMaxEmptyWakeups) {
      Sleep(kNapNs);
    } else if (woken && roster.members.size() >= kGatherFrom) {
      Sleep(kGatherNs);
    }
  }
}

bool WorkerLane::StepAll(Roster& roster) noexcept {
  bool any = false, fallen = pauses_ >= kMaxPauses;
  due_ns_ = ipc::MonotonicNs() + kIdleWaitNs;
  for (const auto& member : roster.members) {
    if (member->claimed.exchange(true, std::memory_order_acquire)) continue;
    const bool had_block = TakeTurn(*member->worker);
    any = had_block || any;
    fallen = member->TooSlow(had_block) || fallen;
    member->claimed.store(false, std::memory_order_release);
    // The list may have been taken away while this one was at its block.
    if (newest_.load(std::memory_order_relaxed) != &roster) return true;
    if (now_ns_ < slept_ns_ + kLongestRunNs) continue;
    Sleep(kPauseNs);
    pauses_ = std::min(pauses_ + 1, kMaxPauses);
  }
  priority_.Follow(fallen);
  return any;
}

bool WorkerLane::TakeTurn(StreamWorker& worker) noexcept {
  now_ns_ = ipc::MonotonicNs();
  const std::uint64_t due_ns = worker.due_ns();
  if (due_ns <= now_ns_) return worker.Step();
  due_ns_ = std::min(due_ns_, due_ns);
  return false;
}

void WorkerLane::Sleep(std::uint64_t ns) noexcept {
  ipc::SleepOffline(ns);
  slept_ns_ = ipc::MonotonicNs();
}

}  // namespace continuo::stream
