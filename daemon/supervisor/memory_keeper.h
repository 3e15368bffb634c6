// SPDX-License-Identifier: Apache-2.0
// The budget (daemon/memory) among those who hold memory: places of streams and of jobs, each on
// a loop of its own.
//
// Problem: two loops load models, one budget binds them. Whoever asks is answered on its own
// loop; whoever is to give something up is told there, and may say that it is in use by now.
// Watching: once a second, while there is a runner, a thread of its own at low priority looks at
// what runners really take and whether memory is short. It reads /proc/<pid>/statm; the sums over
// shared pages, which cost up to a millisecond, only of a runner that has changed. No runner does
// anything for that.
// Threads: [any-thread] but where said otherwise.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/memory/budget.h"
#include "daemon/memory/figures.h"
#include "daemon/memory/pressure.h"
#include "daemon/model/package.h"
#include "daemon/supervisor/event_loop.h"

namespace continuo::supervisor {

struct MemoryOptions {
  std::uint64_t budget_bytes = ~std::uint64_t{0};
  std::string budget_reason;     // "50 % of 23 GiB"
  std::string figures_path;      // empty: nothing is remembered
  double wait_s = 60;            // that a job waits for memory
  bool smaller_variants = true;  // may be taken where memory is short
  double keep_alive_s = 300;     // of what says nothing else; for people alone
};

// A place that holds models. Called on its loop.
class MemoryHolder {
 public:
  virtual ~MemoryHolder() = default;
  virtual void OnMemory(const memory::Action& action) = 0;
};

struct MemoryReport {
  std::uint64_t budget_bytes = 0;
  std::string budget_reason;
  std::uint64_t used_bytes = 0;  // what is counted
  std::uint64_t own_bytes = 0;
  memory::Pressure pressure;
  struct Place {
    std::string name;
    pid_t pid = 0;
    std::uint64_t base_bytes = 0;
    std::uint64_t beyond_bytes = 0;
  };
  std::vector<Place> places;  // that have a runner
  struct Item {
    memory::Budget::Item item;
    double idle_s = 0;
    double keep_alive_s = 0;
    bool streamed = false;
  };
  std::vector<Item> items;
  std::vector<memory::Budget::Waiting> waiting;
  memory::Budget::Counts counts;
  std::vector<std::string> notes;  // "melody: int8 instead of fp32, as …", the last few
};

class MemoryKeeper {
 public:
  explicit MemoryKeeper(const MemoryOptions& options);
  ~MemoryKeeper();
  MemoryKeeper(const MemoryKeeper&) = delete;
  MemoryKeeper& operator=(const MemoryKeeper&) = delete;

  // `kind`: what costs the same without models. The holder is called while `*alive`, which is
  // changed on its loop alone. The loop outlives Unregister().
  void Register(const std::string& place, const std::string& kind, EventLoop* loop,
                std::shared_ptr<bool> alive, MemoryHolder* holder);
  void Unregister(const std::string& place);

  // OnMemory(kGrant or kRefuse) follows. What weights may take that have to be streamed, as they
  // would not fit into the budget; 0: they stay as a whole.
  std::uint64_t Ask(const memory::Name& name, const model::Package& package, int variant,
                    memory::Rank rank);
  // Of what is no model (memory_claim.h), as a job.
  void AskFor(const memory::Name& name, std::uint64_t bytes);
  void Hold(const memory::Name& name, std::uint64_t bytes, const std::string& words);
  void Cancel(const memory::Name& name);
  void Loaded(const memory::Name& name, const model::Package& package, int variant,
              std::uint64_t bytes, std::uint64_t peak_bytes);
  void Release(const memory::Name& name);
  void Leaving(const memory::Name& name);
  void Busy(const memory::Name& name);
  void SetUsers(const memory::Name& name, std::size_t users, const std::string& words);
  // For people alone: who holds the item lets it go by itself.
  void SetKeepAlive(const memory::Name& name, double seconds);
  void SetRunner(const std::string& place, pid_t pid);  // 0: it has gone

  // OK, or RESOURCE_EXHAUSTED: not even another stream of a model that is loaded fits.
  [[nodiscard]] absl::Status CheckStream();
  [[nodiscard]] bool MustYield();
  // Another variant at the same rate that takes less, where memory is short, else `variant`.
  // Said in the log, in the report and to the observer of warnings.
  [[nodiscard]] int VariantThatFits(const std::string& place, const std::string& kind,
                                    const model::Package& package, int variant, memory::Rank rank);

  // "memory is short: …", as seen last; empty where it is not.
  [[nodiscard]] std::string Warning();
  [[nodiscard]] MemoryReport Report();
  [[nodiscard]] const MemoryOptions& options() const { return options_; }

 private:
  struct Holder {
    EventLoop* loop = nullptr;
    std::shared_ptr<bool> alive;
    MemoryHolder* holder = nullptr;
    std::string kind;
    pid_t pid = 0;
    std::uint64_t resident_bytes = 0;  // when it was measured last
    std::uint64_t measured_bytes = 0;
  };

  [[nodiscard]] memory::Clock::time_point GiveUpAfter(memory::Clock::time_point now) const;
  // With the mutex held.
  void Advance(bool pressure = false);
  void Learn(const std::string& place, std::uint64_t bytes);
  void Watch();
  [[nodiscard]] bool Watching() const;
  [[nodiscard]] std::uint64_t WindowFor(const std::string& place, const v1::ModelManifest& manifest,
                                        int variant) const;
  void Note(const std::string& note);

  const MemoryOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  memory::Budget budget_;
  memory::Figures figures_;
  std::map<std::string, Holder> holders_;
  struct Subject {
    v1::ModelManifest manifest;
    int variant = 0;
    double keep_alive_s = 0;
    memory::Holding holding = memory::Holding::kResident;
  };
  std::map<memory::Name, Subject> subjects_;  // of items
  memory::Pressure pressure_;
  std::deque<std::string> notes_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace continuo::supervisor
