// SPDX-License-Identifier: Apache-2.0
// The runners of jobs: processes of their own, beside those of streams, placed and started
// again in the same way (placement.h).
//
// Threads: [loop-thread]. What the board is told is posted, never told from within its calls.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/background_worker.h"
#include "daemon/job/board.h"
#include "daemon/job/job.h"
#include "daemon/model/store.h"
#include "daemon/supervisor/event_loop.h"
#include "daemon/supervisor/pending_loads.h"
#include "daemon/supervisor/placement.h"
#include "daemon/supervisor/types.h"

namespace continuo::supervisor {

class JobRunners : public job::Workers, private Placement::Host {
 public:
  // `observer` is told of runners and models alone.
  JobRunners(EventLoop* loop, base::BackgroundWorker* worker, const PlacementOptions& options,
             EventLoop::Clock::duration tick_interval, bool one_runner_per_model,
             Observer* observer);
  ~JobRunners() override;
  JobRunners(const JobRunners&) = delete;
  JobRunners& operator=(const JobRunners&) = delete;

  // Before all else.
  void set_board(job::Board* board) { board_ = board; }

  // job::Workers
  void Run(const job::JobSpec& spec, bool plan_only) override;
  void Cancel(const std::string& job_id) override;

  // `spec.id` is of no job. UNAVAILABLE where the runner ends meanwhile.
  void Plan(const job::JobSpec& spec, const Reply<v1::GenerationPlan>& reply);
  [[nodiscard]] std::size_t plans() const;

  // As Supervisor::LoadModel, of a model that writes notes.
  void Load(const PackagePtr& package, int variant, double keep_alive_s,
            const Reply<LoadedVariant>& reply);
  // [any-thread] The one that there is memory for.
  [[nodiscard]] int ChooseVariant(const model::Runnable& run) const;

  [[nodiscard]] std::vector<RunnerInfo> Runners() const;
  [[nodiscard]] std::uint64_t restarts() const;
  // An empty version: all. FAILED_PRECONDITION while jobs use one. How many it were.
  [[nodiscard]] absl::StatusOr<std::uint32_t> Unload(const std::string& id,
                                                     const std::string& version);
  // Ends all; `stopped` when none is left.
  void Shutdown(const std::function<void()>& stopped);

 private:
  struct Job {
    job::JobSpec spec;
    std::string key;
    Placement* place = nullptr;
    bool sent = false;
    bool cancelled = false;
    bool yielding = false;  // to one that has waited long for the memory which this would use
    Reply<v1::GenerationPlan> plan_reply;  // of a plan alone
    v1::GenerationPlan plan;
  };

  // Placement::Host
  void OnRunnerStarted(Placement& place) override;
  void OnRunnerEnded(Placement& place, pid_t pid, const std::string& reason, bool asked) override;
  void OnModelLoaded(Placement& place, const std::string& key) override;
  void OnModelFailed(Placement& place, const std::string& key, const absl::Status& status) override;
  void OnModelUnloaded(Placement& place, const std::string& key) override;
  void OnStreamMessage(Placement& place, const internal::FromRunner& message) override;
  std::size_t UsersOf(const Placement& place, const std::string& key) override;
  std::string UsersInWords(const Placement& place, const std::string& key) override;
  bool StreamsAreOpening(const Placement&) override { return false; }

  void Start(Job job);
  void Send(Job* job);
  void Resume();
  [[nodiscard]] std::string PlaceKey(const v1::ModelManifest& manifest, int variant) const;
  Placement* PlaceFor(const v1::ModelManifest& manifest, int variant);
  void OnUpdate(Job* job, const internal::JobUpdate& update);
  // Takes it away, and tells the board, or who asked for the plan.
  void End(const std::string& id, const absl::Status& status, const internal::JobEnded& ended);
  void ToBoard(std::function<void(job::Board*)> tell);
  void ScheduleTick();
  void FinishShutdown();

  EventLoop* const loop_;
  base::BackgroundWorker* const worker_;
  const PlacementOptions options_;
  const EventLoop::Clock::duration tick_interval_;
  const bool one_runner_per_model_;
  Observer* const observer_;
  job::Board* board_ = nullptr;
  std::map<std::string, std::unique_ptr<Placement>> places_;
  std::map<std::string, Job> jobs_;
  PendingLoads pending_loads_;
  EventLoop::TimerId tick_timer_ = EventLoop::kNoTimer;
  std::function<void()> stopped_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace continuo::supervisor
