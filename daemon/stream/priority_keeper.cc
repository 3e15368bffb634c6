// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/priority_keeper.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "daemon/base/realtime_priority.h"
#include "daemon/base/str_cat.h"
#include "daemon/base/thread.h"

namespace continuo::stream {
namespace {

constexpr std::uint32_t kBrokerPatience = 100;  // 5 s

}  // namespace

void PriorityKeeper::Enter(int priority) {
  asked_priority_ = priority;
  by_broker_ = false;
  Say(base::RaisePriority(priority));
  const pid_t thread = ::gettid();
  priority_.store(base::RealtimePriorityOf(thread));
  if (guard_.fallen() && priority_.load() > 0) base::SetFifoPriority(thread, 0);
  has_it_ = priority_.load() > 0 && !guard_.fallen();
  thread_.store(thread);
}

void PriorityKeeper::AskBroker() {
  const pid_t thread = thread_.load();
  if (!broker_ || asked_priority_ <= 0 || priority_.load() > 0 || thread == 0) return;
  const absl::Status status = broker_(thread, asked_priority_);
  const int got = status.ok() ? base::RealtimePriorityOf(thread) : 0;
  if (got > 0) {
    by_broker_ = true;
    priority_.store(got);
    has_it_ = true;
    Say(base::StrCat("SCHED_RR ", got, " by RTKit"));
  } else {
    // Nice is the next best; it too is a matter of leave.
    base::RaiseNice(thread);
    Say(base::StrCat(words(), "; ", base::MessageOf(status)));
  }
}

void PriorityKeeper::NoteBlock(std::uint64_t process_ns, std::uint64_t block_ns) noexcept {
  if (fallen_.load(std::memory_order_relaxed) && !guard_.fallen()) guard_.Fall();
  if (!guard_.Note(process_ns, block_ns)) return;
  fallen_.store(guard_.fallen(), std::memory_order_relaxed);
  // Without a thread of its own it is a lane that runs this, and that looks after itself.
  if (guard_.fallen() && thread_.load() != 0) base::SetFifoPriority(0, 0);
}

void PriorityKeeper::Follow(bool fallen) noexcept {
  if (fallen_.load(std::memory_order_relaxed) == fallen) return;
  fallen_.store(fallen, std::memory_order_relaxed);
  // Up it comes by Housekeep: it may take the broker.
  if (fallen) base::SetFifoPriority(0, 0);
}

void PriorityKeeper::Housekeep(bool may_have_it, std::uint64_t busy_ns) {
  if (busy_ns > kHangNs) fallen_.store(true, std::memory_order_relaxed);
  const pid_t thread = thread_.load();
  const int priority = priority_.load();
  if (thread == 0) rest_ = 0;  // that of a thread that has gone
  if (thread == 0 || priority == 0) return;
  const int present = base::RealtimePriorityOf(thread);
  const bool fallen = fallen_.load(std::memory_order_relaxed);
  // Nobody here has taken it.
  const bool taken = has_it_.load() && present == 0 && !fallen;
  rest_ = taken ? kRest : rest_ - std::min(rest_, 1U);
  const int wanted = fallen || !may_have_it || rest_ > 0 ? 0 : priority;
  bool done = true;
  if (present != wanted) done = wanted == 0 ? base::SetFifoPriority(thread, 0) : Restore(thread);
  has_it_ = wanted > 0 && done;
  const std::lock_guard lock(words_mutex_);
  state_ = fallen         ? "; at normal priority, as its blocks take longer than they last"
           : !may_have_it ? "; at normal priority for now"
           : rest_ > 0    ? "; at normal priority for a second, as it ran too long without a pause"
           : done         ? ""
                          : "; not given back yet";
}

bool PriorityKeeper::Restore(pid_t thread) {
  if (base::SetFifoPriority(thread, priority_.load())) return true;
  if (!by_broker_ || patience_-- > 0) return false;
  patience_ = kBrokerPatience;
  return broker_(thread, asked_priority_).ok();
}

void PriorityKeeper::Say(std::string words) {
  const std::lock_guard lock(words_mutex_);
  words_ = std::move(words);
  state_.clear();
}

std::string PriorityKeeper::words() const {
  const std::lock_guard lock(words_mutex_);
  return words_ + state_;
}

}  // namespace continuo::stream
