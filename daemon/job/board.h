// SPDX-License-Identifier: Apache-2.0
// All jobs, from the request to the record.
//
//   Submit ─► queued ─► at work ─► on its way to the disk ─► done
//               ▲          │
//               └─ its runner ended, twice at most ─► failed
//
// Problem: whoever was told "queued" of a detached job finds its record, and whoever was told
// "done" of any job does, whatever ends a runner or this process in between; and a client that
// goes takes its jobs with it, unless they are detached.
// Invariants: a job ends once; each listener gets one OnEnd and nothing after it; jobs at work
// are as many as the workers were given and have not answered for.
// Threads: [board-thread], one. `record` takes what waits for the disk to another, in order,
// which posts its answer.
#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "continuo/v1/metrics_service.pb.h"
#include "daemon/job/job.h"
#include "daemon/job/job_store.h"
#include "daemon/job/queue.h"
#include "daemon/job/result_cache.h"

namespace continuo::job {

struct BoardOptions {
  Queue::Limits limits{};
  // Jobs of one priority, and those above it, that are at work at once.
  std::size_t slots = 4;
  std::size_t cache_bytes = std::size_t{32} << 20;  // 0: nothing is kept
  bool predict = true;
};

struct BoardThreads {
  using Task = std::function<void()>;
  std::function<void(Task)> post;    // to the board's thread; [any-thread]
  std::function<void(Task)> record;  // to the store's; [board-thread]
};

class Board {
 public:
  using Done = std::function<void(absl::Status)>;
  // Finds a pending job's model; on the store's thread.
  using Resolve = std::function<absl::StatusOr<JobSpec>(const PendingJob&)>;

  // All outlive this object.
  Board(const BoardOptions& options, BoardThreads threads, Workers* workers, JobStore* store,
        Observer* observer);
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  // `spec` has neither id nor, where the request leaves it open, a seed. Errors are told by
  // OnEnd: RESOURCE_EXHAUSTED as Queue::CheckRoom says; FAILED_PRECONDITION where a detached
  // job cannot be remembered.
  void Submit(JobSpec spec, const std::shared_ptr<Listener>& listener);
  // From here on; NOT_FOUND by OnEnd.
  void Watch(const std::string& id, const std::shared_ptr<Listener>& listener);
  // It is told no more; a job that it has submitted is cancelled, unless detached.
  void Leave(const std::shared_ptr<Listener>& listener);
  // NOT_FOUND; one that has ended is none. A detached job is forgotten on the disk by then.
  void Cancel(const std::string& id, const Done& done);
  // Takes up what was acknowledged before this process, and says when it has; until then those
  // jobs are not known here.
  void TakeUpPending(const Resolve& resolve, const std::function<void()>& taken_up);
  // Ends all, UNAVAILABLE; detached jobs are taken up after the next start.
  void Stop();

  // From the workers. What is told of a job that has been cancelled is passed over.
  void OnPlanned(const std::string& id, const v1::GenerationPlan& plan,
                 std::uint32_t ticks_per_quarter);
  void OnProgress(const std::string& id, const v1::GenerateEvent::Progress& progress);
  void OnPartial(const std::string& id, const v1::GenerateEvent::Partial& partial);
  void OnCandidate(const std::string& id, const v1::GenerationCandidate& candidate);
  void OnEnded(const std::string& id, const absl::Status& status,
               const std::vector<std::uint32_t>& ranking, std::uint32_t below_minimum);
  // The runner has gone.
  void OnLost(const std::string& id, const std::string& reason);

  [[nodiscard]] std::vector<v1::Job> List() const;
  [[nodiscard]] v1::JobMetrics Figures() const;
  // Those that are not predictions and have not ended.
  [[nodiscard]] std::size_t live() const;

 private:
  enum class Phase : std::uint8_t { kAcknowledging, kQueued, kAtWork, kCancelling, kRecording };
  struct Job {
    JobSpec spec;
    Phase phase = Phase::kQueued;
    v1::JobState state = v1::JOB_STATE_QUEUED;
    std::shared_ptr<Listener> owner;
    std::vector<std::shared_ptr<Listener>> listeners;
    Result result;
    bool started = false;
    bool from_cache = false;
    int losses = 0;
    double fraction = 0;
    std::chrono::steady_clock::time_point began{};
    std::string cache_key;
    std::string record_id;
    std::string error;
    [[nodiscard]] bool is_prediction() const { return spec.prediction; }
  };
  using JobPtr = std::shared_ptr<Job>;

  [[nodiscard]] JobPtr Find(const std::string& id) const;
  [[nodiscard]] JobPtr FindAtWork(const std::string& id) const;
  void Enqueue(const JobPtr& job, bool again);
  void OnAcknowledged(const std::string& id, const absl::Status& status);
  void Advance();
  [[nodiscard]] bool MayStart(const Queue::Entry& entry) const;
  void Answer(const JobPtr& job, const Result& result);  // from the cache
  void Tell(const Job& job, v1::GenerateEvent event) const;
  void TellQueued(const Job& job);
  void TellStarted(const Job& job) const;
  void Changed(const Job& job) const;
  // The end without a result.
  void End(const JobPtr& job, const absl::Status& status);
  void CloseListeners(Job* job, const absl::Status& status);
  void Record(const JobPtr& job);
  void OnRecorded(const std::string& id, const absl::StatusOr<std::string>& record_id);
  void Keep(const Job& job);
  void Forget(const JobPtr& job);
  void ChooseSeed(JobSpec* spec);
  void Predict(const Job& job);
  void DropPredictions();
  [[nodiscard]] v1::Job ToProto(const Job& job) const;
  // `work` on the store's thread, `then` here with what it gave, if this still lives.
  template <typename Work, typename Then>
  void OnStore(Work work, Then then);

  const BoardOptions options_;
  const BoardThreads threads_;
  Workers* const workers_;
  JobStore* const store_;
  Observer* const observer_;
  Queue queue_;
  ResultCache cache_;
  std::map<std::string, JobPtr> jobs_;  // that have not ended
  std::set<std::string> at_work_;
  std::deque<JobPtr> ended_;
  // By what a request without a seed asks for: the seed that was tried in advance.
  std::map<std::string, std::uint64_t> seeds_;
  v1::JobMetrics figures_;
  double job_ms_ = 0;  // lately
  bool stopping_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

template <typename Work, typename Then>
void Board::OnStore(Work work, Then then) {
  threads_.record([this, work, then, alive = alive_, post = threads_.post] {
    auto result = std::make_shared<decltype(work())>(work());
    post([then, alive, result] {
      if (*alive) then(*result);
    });
  });
}

}  // namespace continuo::job
