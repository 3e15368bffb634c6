// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/memory_keeper.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "daemon/base/bytes_in_words.h"
#include "daemon/base/log.h"
#include "daemon/base/process_memory.h"
#include "daemon/base/str_cat.h"
#include "daemon/base/thread.h"

namespace continuo::supervisor {
namespace {

using memory::Clock;
using memory::Name;

constexpr std::chrono::seconds kInterval{1};
// Changes of less are not measured.
constexpr std::uint64_t kChangeBytes = std::uint64_t{256} << 10;
constexpr std::uint64_t kLeastBase = std::uint64_t{1} << 20;
constexpr std::uint64_t kStreamBytes = std::uint64_t{1} << 20;

std::uint64_t Proportional(pid_t pid) {
  const base::ProcessMemory memory = base::ReadProcessMemory(pid);
  return memory.proportional_bytes > 0 ? memory.proportional_bytes : memory.resident_bytes;
}

std::uint64_t Difference(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; }

}  // namespace

MemoryKeeper::MemoryKeeper(const MemoryOptions& options)
    : options_(options),
      budget_(options.budget_bytes),
      figures_(options.figures_path),
      thread_([this] { Watch(); }) {}

MemoryKeeper::~MemoryKeeper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void MemoryKeeper::Register(const std::string& place, const std::string& kind, EventLoop* loop,
                            std::shared_ptr<bool> alive, MemoryHolder* holder) {
  const std::lock_guard lock(mutex_);
  Holder& made = holders_[place];
  made.loop = loop;
  made.alive = std::move(alive);
  made.holder = holder;
  made.kind = kind;
  budget_.SetBase(place, figures_.BaseOf(kind));
}

void MemoryKeeper::Unregister(const std::string& place) {
  const std::lock_guard lock(mutex_);
  holders_.erase(place);
  for (const memory::Budget::Item& item : budget_.items()) {
    if (item.name.place == place) budget_.Release(item.name);
  }
  std::vector<Name> waiting;
  for (const memory::Budget::Waiting& one : budget_.waiting()) {
    if (one.request.name.place == place) waiting.push_back(one.request.name);
  }
  for (const Name& name : waiting) budget_.Cancel(name);
  budget_.SetRunning(place, false);
  Advance();
}

std::uint64_t MemoryKeeper::Ask(const Name& name, const model::Package& package, int variant,
                                memory::Rank rank) {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  const v1::ModelManifest& manifest = package.manifest;
  memory::Request request{name, figures_.NeedOf(manifest, variant), rank, {}};
  memory::Holding holding = memory::Holding::kResident;
  std::uint64_t window = 0;
  if (rank == memory::Rank::kJob) {
    request.give_up = GiveUpAfter(now);
    window = WindowFor(name.place, manifest, variant);
  }
  if (window > 0) {
    Note(base::StrCat(name.item, ": weights are streamed layer by layer, as its ",
                      base::BytesInWords(request.need.bytes), " do not fit into memory.budget"));
    holding = memory::Holding::kStreamed;
    request.need = figures_.NeedOf(manifest, variant, holding);
  }
  subjects_[name] = {manifest, variant, options_.keep_alive_s, holding};
  budget_.Ask(request, now);
  Advance();
  changed_.notify_all();
  return window;
}

Clock::time_point MemoryKeeper::GiveUpAfter(Clock::time_point now) const {
  return now + std::chrono::duration_cast<Clock::duration>(
                   std::chrono::duration<double>(options_.wait_s));
}

void MemoryKeeper::AskFor(const Name& name, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  budget_.Ask({name, {bytes, 0, 0, true}, memory::Rank::kJob, GiveUpAfter(now)}, now);
  Advance();
  changed_.notify_all();
}

void MemoryKeeper::Hold(const Name& name, std::uint64_t bytes, const std::string& words) {
  const std::lock_guard lock(mutex_);
  budget_.Loaded(name, bytes, Clock::now());
  budget_.SetUsers(name, 1, words, Clock::now());
}

void MemoryKeeper::Cancel(const Name& name) {
  const std::lock_guard lock(mutex_);
  budget_.Cancel(name);
  Advance();
}

void MemoryKeeper::Loaded(const Name& name, const model::Package& package, int variant,
                          std::uint64_t bytes, std::uint64_t peak_bytes) {
  const std::lock_guard lock(mutex_);
  const auto subject = subjects_.find(name);
  const memory::Holding holding =
      subject == subjects_.end() ? memory::Holding::kResident : subject->second.holding;
  memory::Need need = figures_.NeedOf(package.manifest, variant, holding);
  if (bytes > 0) {
    need.bytes = bytes;
    need.peak_bytes = std::max(bytes, peak_bytes);
    figures_.Measured(package.manifest, variant, need, holding);
  }
  budget_.Loaded(name, need.bytes, Clock::now());
  Advance();
  changed_.notify_all();
}

void MemoryKeeper::Release(const Name& name) {
  const std::lock_guard lock(mutex_);
  budget_.Release(name);
  subjects_.erase(name);
  Advance();
}

void MemoryKeeper::Leaving(const Name& name) {
  const std::lock_guard lock(mutex_);
  budget_.Leaving(name);
}

void MemoryKeeper::Busy(const Name& name) {
  const std::lock_guard lock(mutex_);
  budget_.Busy(name, Clock::now());
  Advance();
}

void MemoryKeeper::SetUsers(const Name& name, std::size_t users, const std::string& words) {
  const std::lock_guard lock(mutex_);
  budget_.SetUsers(name, users, words, Clock::now());
  Advance();
}

void MemoryKeeper::SetKeepAlive(const Name& name, double seconds) {
  const std::lock_guard lock(mutex_);
  const auto found = subjects_.find(name);
  if (found != subjects_.end()) found->second.keep_alive_s = seconds;
}

void MemoryKeeper::SetRunner(const std::string& place, pid_t pid) {
  const std::lock_guard lock(mutex_);
  const auto found = holders_.find(place);
  if (found == holders_.end()) return;
  found->second.pid = pid;
  found->second.resident_bytes = 0;
  found->second.measured_bytes = 0;
  budget_.SetRunning(place, pid != 0);
  Advance();
  changed_.notify_all();
}

absl::Status MemoryKeeper::CheckStream() {
  const std::lock_guard lock(mutex_);
  if (budget_.Fits("", {0, 0, kStreamBytes, false})) return absl::OkStatus();
  return absl::ResourceExhaustedError(base::StrCat(
      "a stream needs ", base::BytesInWords(kStreamBytes), ", and of the budget of ",
      base::BytesInWords(budget_.limit()), " all is taken: close one or raise memory.budget"));
}

bool MemoryKeeper::MustYield() {
  const std::lock_guard lock(mutex_);
  return budget_.MustYield(Clock::now());
}

void MemoryKeeper::Advance(bool pressure) {
  for (const memory::Action& action : budget_.Plan(Clock::now(), pressure)) {
    if (action.kind == memory::Action::kEvict) {
      base::Log("memory").info("{} has to go{}", action.name.item,
                               pressure ? base::StrCat(": ", pressure_.reason) : "");
    } else if (action.kind == memory::Action::kRefuse) {
      base::Log("memory").warn("{} {}", action.name.item, base::MessageOf(action.status));
      subjects_.erase(action.name);
    }
    const auto found = holders_.find(action.name.place);
    if (found == holders_.end()) continue;
    const Holder& to = found->second;
    to.loop->Post([alive = to.alive, holder = to.holder, action] {
      if (*alive) holder->OnMemory(action);
    });
  }
}

// Where all of a runner's models are idle, what it takes beside them is its own, with all of the
// pages that it shares: its sharers may end before it. Where one alone is in it and works, what it
// takes beyond that is its jobs'.
void MemoryKeeper::Learn(const std::string& place, std::uint64_t bytes) {
  std::vector<memory::Budget::Item> items = budget_.items();
  std::erase_if(items, [&](const auto& item) { return item.name.place != place; });
  const auto all = [&](auto holds) { return std::all_of(items.begin(), items.end(), holds); };
  if (items.empty() || !all([](const memory::Budget::Item& item) {
        return item.state == memory::Budget::State::kHeld;
      })) {
    return;
  }
  if (all([](const memory::Budget::Item& item) { return item.users == 0; })) {
    std::uint64_t weights = 0;
    for (const memory::Budget::Item& item : items) weights += item.need.bytes;
    const std::string& kind = holders_.at(place).kind;
    const std::uint64_t resident = holders_.at(place).resident_bytes;
    figures_.MeasuredBase(kind, std::max(kLeastBase, resident > weights ? resident - weights : 0));
    budget_.SetBase(place, figures_.BaseOf(kind));
    return;
  }
  const memory::Budget::Item& only = items.front();
  const auto subject = subjects_.find(only.name);
  const std::uint64_t base = budget_.places().at(place).base;
  if (items.size() > 1 || only.rank != memory::Rank::kJob || subject == subjects_.end()) return;
  if (bytes <= base + memory::Budget::Charge(only)) return;
  memory::Need need = only.need;
  need.work_bytes = bytes - base - need.bytes;
  figures_.Measured(subject->second.manifest, subject->second.variant, need,
                    subject->second.holding);
}

bool MemoryKeeper::Watching() const {
  return !budget_.waiting().empty() ||
         std::any_of(holders_.begin(), holders_.end(),
                     [](const auto& entry) { return entry.second.pid != 0; });
}

void MemoryKeeper::Watch() {
  base::NameThread("memory");
  base::LowerPriority();
  std::unique_lock lock(mutex_);
  budget_.SetOwn(base::ReadResidentBytes(::getpid()));
  while (!stopping_) {
    std::vector<std::pair<std::string, Holder>> all(holders_.begin(), holders_.end());
    lock.unlock();
    const std::uint64_t own = base::ReadResidentBytes(::getpid());
    const memory::Pressure pressure = memory::ReadPressure();
    for (auto& [place, holder] : all) {
      if (holder.pid == 0) continue;
      const std::uint64_t resident = base::ReadResidentBytes(holder.pid);
      if (Difference(resident, holder.resident_bytes) >= kChangeBytes) {
        holder.measured_bytes = Proportional(holder.pid);
        holder.resident_bytes = resident;
      }
    }
    lock.lock();
    budget_.SetOwn(own);
    if (pressure.short_of && !pressure_.short_of) {
      base::Log("memory").warn("memory is short: {}", pressure.reason);
    }
    pressure_ = pressure;
    for (const auto& [place, holder] : all) {
      const auto now = holders_.find(place);
      if (now == holders_.end() || holder.pid == 0 || now->second.pid != holder.pid) continue;
      const bool changed = now->second.resident_bytes != holder.resident_bytes;
      now->second.resident_bytes = holder.resident_bytes;
      now->second.measured_bytes = holder.measured_bytes;
      if (changed) Learn(place, holder.measured_bytes);
      budget_.SetMeasured(place, holder.measured_bytes);
    }
    Advance(pressure.short_of);
    if (const std::string changed = figures_.TakeChanged(); !changed.empty()) {
      lock.unlock();
      const absl::Status saved = memory::WriteFigures(options_.figures_path, changed);
      if (!saved.ok()) base::Log("memory").debug("{}", base::MessageOf(saved));
      lock.lock();
    }
    if (Watching()) {
      changed_.wait_for(lock, kInterval, [this] { return stopping_; });
    } else {
      changed_.wait(lock, [this] { return stopping_ || Watching(); });
    }
  }
}

std::string MemoryKeeper::Warning() {
  const std::lock_guard lock(mutex_);
  return pressure_.short_of ? base::StrCat("memory is short: ", pressure_.reason) : "";
}

MemoryReport MemoryKeeper::Report() {
  const memory::Pressure pressure = memory::ReadPressure();
  const std::lock_guard lock(mutex_);
  MemoryReport report;
  report.budget_bytes = budget_.limit();
  report.budget_reason = options_.budget_reason;
  report.used_bytes = budget_.used();
  report.own_bytes = budget_.own();
  report.pressure = pressure;
  for (const auto& [name, holder] : holders_) {
    if (holder.pid == 0) continue;
    const memory::Budget::Place& place = budget_.places().at(name);
    report.places.push_back({name, holder.pid, place.base, place.beyond});
  }
  const Clock::time_point now = Clock::now();
  for (const memory::Budget::Item& item : budget_.items()) {
    const auto subject = subjects_.find(item.name);
    const double idle =
        item.users > 0 ? 0 : std::chrono::duration<double>(now - item.last_used).count();
    if (subject == subjects_.end()) {
      report.items.push_back({item, idle, options_.keep_alive_s});
    } else {
      report.items.push_back({item, idle, subject->second.keep_alive_s,
                              subject->second.holding == memory::Holding::kStreamed});
    }
  }
  report.waiting.assign(budget_.waiting().begin(), budget_.waiting().end());
  report.counts = budget_.counts();
  report.notes.assign(notes_.begin(), notes_.end());
  return report;
}

}  // namespace continuo::supervisor
