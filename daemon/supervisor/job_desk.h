// SPDX-License-Identifier: Apache-2.0
// Where requests for notes are handed in: the board (daemon/job) and its runners on a thread of
// their own, so that neither keeps the supervisor of streams waiting.
//
// Threads: the public functions are [any-thread]: they check what needs the disk on the caller's
// thread, then post. Replies, listeners and observers are called on the desk's thread and must
// not wait.
// Errors: INVALID_ARGUMENT names field, value and limit; NOT_FOUND what there is;
// RESOURCE_EXHAUSTED the queue's length and when to try again; UNAVAILABLE while stopping.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "continuo/v1/generation_service.pb.h"
#include "continuo/v1/metrics_service.pb.h"
#include "daemon/base/background_worker.h"
#include "daemon/job/board.h"
#include "daemon/job/job_store.h"
#include "daemon/model/store.h"
#include "daemon/supervisor/event_loop.h"
#include "daemon/supervisor/job_runners.h"
#include "daemon/supervisor/supervisor.h"
#include "daemon/supervisor/types.h"

namespace continuo::supervisor {

struct JobDeskOptions {
  SupervisorOptions runners;  // as for streams, but for real time
  job::BoardOptions board;
  int threads = 0;  // that write notes; 0: half the cores
};

class JobDesk {
 public:
  // All but the options outlive this object. Takes up the jobs that are pending in `store`.
  JobDesk(const JobDeskOptions& options, std::shared_ptr<model::ModelStore> models,
          job::JobStore* store, Observer* observer, job::Observer* job_observer);
  ~JobDesk();
  JobDesk(const JobDesk&) = delete;
  JobDesk& operator=(const JobDesk&) = delete;

  // Errors by the listener's OnEnd, from within the call too.
  void Generate(const v1::GenerateRequest& request, const std::string& client,
                const std::shared_ptr<job::Listener>& listener);
  void Watch(const std::string& id, const std::shared_ptr<job::Listener>& listener);
  void Leave(const std::shared_ptr<job::Listener>& listener);
  void Cancel(const std::string& id, const Done& done);
  void List(const std::function<void(std::vector<v1::Job>)>& reply);
  void Plan(const v1::GenerateRequest& request, const Reply<v1::GenerationPlan>& reply);

  struct Readings {
    v1::JobMetrics jobs;
    std::vector<RunnerInfo> runners;
    std::uint64_t runner_restarts = 0;
  };
  void GetReadings(const std::function<void(const Readings&)>& reply);
  // As Supervisor::LoadModel, of a model that writes notes.
  void LoadModel(const std::string& id, const std::string& version, double keep_alive_s,
                 const Reply<LoadedVariant>& reply);
  void UnloadModel(const std::string& id, const std::string& version,
                   const Reply<std::uint32_t>& reply);

  // Jobs that have not ended, as of the last call of this or of another function.
  [[nodiscard]] std::size_t job_count();
  // Ends all jobs and runners; `stopped` when none is left.
  void Stop(const std::function<void()>& stopped);

 private:
  [[nodiscard]] absl::StatusOr<job::JobSpec> Resolve(const v1::GenerateRequest& request) const;
  // Runs `task` on the loop.
  void Post(std::function<void()> task);
  // The same, but not before the jobs of the process before are known: who asks for one by its id
  // right after a start is not told that there is none.
  void OfAllJobs(std::function<void()> task);
  void TakenUp();

  const std::shared_ptr<model::ModelStore> models_;
  std::atomic<std::size_t> job_count_{0};
  // [loop-thread]
  bool stopping_ = false;
  bool taken_up_ = false;
  std::vector<std::function<void()>> waiting_;  // until then
  std::uint64_t next_plan_ = 1;
  std::unique_ptr<job::Board> board_;
  std::unique_ptr<JobRunners> runners_;
  std::unique_ptr<base::BackgroundWorker> recorder_;  // posts to the loop, so it ends first
  std::unique_ptr<base::BackgroundWorker> verifier_;
  std::unique_ptr<EventLoop> loop_;  // ends before the state it works on
};

}  // namespace continuo::supervisor
