// SPDX-License-Identifier: Apache-2.0
// The runner's loop for notes: every candidate of every job, one cell a step, in one batch.
//
//   while there are jobs: choose → one cell of each chosen candidate (Decoder::Next) → take
//
// Choice: the highest priority there is, and nothing below it, so that a job of more urgency
// comes in between two steps; within it, clients in turn by cells. Jobs of one decoder share a
// batch of up to kBatch cells.
// Cancel: takes effect before the job's next step.
// Determinism: see commission.h; threads and batches shape only when a job is done.
// Threads: the public functions are [any-thread]. A pool of `threads` workers at low priority,
// each with its own batch; a job is with one worker at a time, which calls the customer.
#pragma once

#include <absl/status/status.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/executor/decoder.h"
#include "daemon/generate/cell_cost.h"
#include "daemon/generate/commission.h"
#include "daemon/generate/composer.h"

namespace continuo::generate {

inline constexpr std::size_t kBatch = 64;  // Decoder::Next takes no more

class Workshop {
 public:
  // The customer outlives it.
  Workshop(int threads, std::string device, Customer* customer);
  ~Workshop();  // what is not done is told nothing more
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  // Measures what its cells take. The judge may be empty.
  [[nodiscard]] absl::Status AddModel(const std::string& key,
                                      std::unique_ptr<executor::Decoder> decoder,
                                      std::unique_ptr<Composer> composer, Judge judge);
  // Waits for its jobs, which are cancelled.
  void RemoveModel(const std::string& key);
  [[nodiscard]] bool Has(const std::string& key);

  // NOT_FOUND for its model is told to the customer.
  void Run(const Assignment& assignment);
  void Cancel(const std::string& id);

  // How long the longest step that is not over has taken.
  [[nodiscard]] std::uint64_t busy_ns() const;
  // Jobs that have not been told ended.
  [[nodiscard]] std::size_t jobs();

 private:
  struct Model {
    std::unique_ptr<executor::Decoder> decoder;
    std::unique_ptr<Composer> composer;
    Judge judge;
    CellCost cost;       // guarded by mutex_
    std::string device;  // and how the weights are held there
  };
  struct Job {
    std::unique_ptr<Commission> commission;
    Model* model = nullptr;
    std::string client;
    int priority = 0;
    bool prepared = false;
    bool with_worker = false;
    std::atomic<bool> cancelled{false};
    absl::Status ended;  // of the step that was last
    bool over = false;
  };
  using JobPtr = std::shared_ptr<Job>;
  struct Worker {
    std::thread thread;
    std::atomic<std::uint64_t> since_ns{0};  // 0: it waits
  };

  void Work(Worker* worker);
  [[nodiscard]] CellCost CostOf(const Model& model);
  [[nodiscard]] std::vector<JobPtr> Choose();
  void Step(const std::vector<JobPtr>& chosen);
  void Finish(const std::vector<JobPtr>& chosen);

  const std::string device_;
  Customer* const customer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::unique_ptr<Model>> models_;        // guarded by mutex_
  std::list<JobPtr> jobs_;                                      // guarded by mutex_
  std::map<std::pair<int, std::string>, std::uint64_t> cells_;  // by priority and client; the same
  bool stopping_ = false;                                       // guarded by mutex_
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace continuo::generate
