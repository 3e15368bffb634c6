// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/worker_lane.h"

#include <algorithm>
#include <functional>
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
      : members(Sorted(std::move(listed))), signals(SignalsOf(own, workers)) {}
  // Those of one model side by side.
  static Members Sorted(Members members) {
    std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) {
      return std::less<>()(a->together.model, b->together.model);
    });
    return members;
  }
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
  ipc::Notify(changed_);  // a block may have come while it was claimed there
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
  // One that is stuck is at its blocks, not at the list, and looks for a new one after that.
  while (in_use_.load() != newest_.load() && busy_ns() <= kStuckNs) ipc::SleepOffline(kLookNs);
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
  if (busy_ns() <= kStuckNs) return nullptr;
  // Who is at its block is claimed until that is done.
  const auto others =
      std::stable_partition(members_.begin(), members_.end(),
                            [](const auto& member) { return member->worker->busy_ns() > 0; });
  if (others == members_.begin() || others == members_.end()) return nullptr;
  auto lane = std::make_unique<WorkerLane>(core_, realtime_priority_, broker_, /*ask=*/false);
  lane->members_.assign(others, members_.end());
  members_.erase(others, members_.end());
  lane->Publish();
  Publish();
  lane->priority_.AskBroker();  // they play already
  return lane;
}

void WorkerLane::Housekeep() {
  priority_.Housekeep(true, busy_ns());
  std::string words = base::StrCat(scheduling(), "; one of ", members_.size(), " in a lane");
  if (core_ > 0) base::StrAppend(&words, " on core ", core_ - 1);
  if (words == told_) return;
  for (const auto& member : members_) {
    const Together& together = member->together;
    const bool alone = together.model == nullptr;
    member->worker->TellLane(
        alone ? words : base::StrCat(words, ", up to ", together.most, " channels at once"));
  }
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

bool WorkerLane::Batch::Takes(const Member& member) const noexcept {
  if (size == 0) return true;
  const Together& first = members[0]->together;
  return first.model != nullptr && member.together.model == first.model &&
         states + member.together.states <= first.most;
}

void WorkerLane::Batch::Add(Member* member) noexcept {
  members[size++] = member;
  states += member->together.states;
}

bool WorkerLane::StepAll(Roster& roster) noexcept {
  bool any = false;
  fallen_ = pauses_ >= kMaxPauses;
  due_ns_ = ipc::MonotonicNs() + kIdleWaitNs;
  // The list may be taken away during a block.
  const auto listed = [&] { return newest_.load(std::memory_order_relaxed) == &roster; };
  Batch batch;
  for (const auto& member : roster.members) {
    const bool ran_long = now_ns_ >= slept_ns_ + kLongestRunNs;
    if (ran_long || !batch.Takes(*member)) Finish(&batch);
    if (ran_long) {
      Sleep(kPauseNs);
      pauses_ = std::min(pauses_ + 1, kMaxPauses);
    }
    if (!listed()) break;
    if (member->claimed.exchange(true, std::memory_order_acquire)) continue;
    const StreamWorker::Taken taken = TakeTurn(*member->worker);
    any = any || taken != StreamWorker::Taken::kNothing;
    if (taken != StreamWorker::Taken::kBlock) {
      Release(*member, taken == StreamWorker::Taken::kRefused);
      continue;
    }
    if (batch.size > 0 &&
        batch.members[0]->worker->frames_in_hand() != member->worker->frames_in_hand()) {
      Finish(&batch);
    }
    batch.Add(member.get());
  }
  Finish(&batch);
  if (!listed()) return true;
  priority_.Follow(fallen_);
  return any;
}

StreamWorker::Taken WorkerLane::TakeTurn(StreamWorker& worker) noexcept {
  now_ns_ = ipc::MonotonicNs();
  const std::uint64_t due_ns = worker.due_ns();
  if (due_ns <= now_ns_) return worker.Take();
  due_ns_ = std::min(due_ns_, due_ns);
  return StreamWorker::Taken::kNothing;
}

void WorkerLane::Finish(Batch* batch) noexcept {
  if (batch->size == 0) return;
  std::array<StreamWorker*, executor::kMaxStatesTogether> workers;
  for (std::uint32_t i = 0; i < batch->size; ++i) workers[i] = batch->members[i]->worker;
  busy_since_ns_ = now_ns_;
  StreamWorker::Finish({workers.data(), batch->size});
  busy_since_ns_ = 0;
  for (std::uint32_t i = 0; i < batch->size; ++i) Release(*batch->members[i], true);
  batch->size = 0;
  batch->states = 0;
}

void WorkerLane::Release(Member& member, bool had_block) noexcept {
  fallen_ = member.TooSlow(had_block) || fallen_;
  member.claimed.store(false, std::memory_order_release);
}

std::uint64_t WorkerLane::busy_ns() const noexcept {
  const std::uint64_t since_ns = busy_since_ns_.load();
  const std::uint64_t now_ns = ipc::MonotonicNs();
  return since_ns == 0 || now_ns < since_ns ? 0 : now_ns - since_ns;
}

void WorkerLane::Sleep(std::uint64_t ns) noexcept {
  ipc::SleepOffline(ns);
  slept_ns_ = ipc::MonotonicNs();
}

}  // namespace continuo::stream
