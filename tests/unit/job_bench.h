// SPDX-License-Identifier: Apache-2.0
// A board between workers, a store and clients that do what a test says, on one thread: what is
// posted runs when the test lets it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/job/board.h"
#include "model_sample.h"

namespace continuo::job {

struct FakeStore : JobStore {
  absl::Status AddPending(const PendingJob& job) override {
    if (!broken.ok()) return broken;
    pending[job.id] = job.request;
    return absl::OkStatus();
  }
  absl::Status RemovePending(const std::string& id) override {
    pending.erase(id);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<PendingJob>> ListPending() override {
    std::vector<PendingJob> all;
    for (const auto& [id, request] : pending) all.push_back({id, request});
    return all;
  }
  absl::StatusOr<std::string> AddRecord(const v1::HistoryRecord& record,
                                        const std::string& job_id) override {
    if (!broken.ok()) return broken;
    pending.erase(job_id);
    records[record.id()] = record;
    return record.id();
  }
  absl::Status broken;
  std::map<std::string, v1::GenerateRequest> pending;
  std::map<std::string, v1::HistoryRecord> records;
};

struct FakeWorkers : Workers {
  void Run(const JobSpec& spec, bool) override {
    at_work.push_back(spec);
    ran.push_back(spec);
  }
  void Cancel(const std::string& id) override { cancelled.insert(id); }
  std::vector<JobSpec> at_work;
  std::vector<JobSpec> ran;
  std::set<std::string> cancelled;
};

struct FakeObserver : Observer {
  void OnJobChanged(const v1::Job& job) override { states[job.id()].push_back(job.state()); }
  void OnRecordAdded(const std::string& id) override { records.push_back(id); }
  std::map<std::string, std::vector<int>> states;
  std::vector<std::string> records;
};

struct FakeListener : Listener {
  void OnEvent(const v1::GenerateEvent& event) override {
    events.push_back(event);
    told_after_end = told_after_end || ended;
  }
  void OnEnd(const absl::Status& why) override {
    told_after_end = told_after_end || ended;
    ended = true;
    status = why;
  }
  [[nodiscard]] std::string Words() const {
    static const std::map<int, std::string> kWords = {
        {v1::GenerateEvent::kQueued, "queued"},       {v1::GenerateEvent::kStarted, "started"},
        {v1::GenerateEvent::kProgress, "progress"},   {v1::GenerateEvent::kPartial, "partial"},
        {v1::GenerateEvent::kCandidate, "candidate"}, {v1::GenerateEvent::kDone, "done"}};
    std::string words;
    for (const auto& event : events) {
      words += (words.empty() ? "" : " ") + kWords.at(event.what_case());
    }
    return words;
  }
  [[nodiscard]] std::string id() const { return events.empty() ? "" : events[0].job_id(); }
  std::vector<v1::GenerateEvent> events;
  bool ended = false;
  bool told_after_end = false;
  absl::Status status;
};

class JobBench {
 public:
  explicit JobBench(BoardOptions options = {.predict = false}) {
    auto package = std::make_shared<model::Package>();
    package->manifest = model::SampleNotesManifest();
    package_ = package;
    Restart(options);
  }
  // Another board on the same store: the daemon was started again.
  void Restart(BoardOptions options = {.predict = false}) {
    board.reset();
    tasks_.clear();
    workers = FakeWorkers();
    board = std::make_unique<Board>(
        options,
        BoardThreads{[this](auto task) { tasks_.push_back(std::move(task)); },
                     [this](auto task) { disk_.push_back(std::move(task)); }},
        &workers, &store, &observer);
  }

  JobSpec Spec(const std::string& client = "a") {
    JobSpec spec;
    spec.client = client;
    spec.package = package_;
    spec.request.set_task(v1::GENERATION_TASK_MELODY);
    spec.request.set_seed(next_seed_++);
    return spec;
  }
  std::shared_ptr<FakeListener> Submit(JobSpec spec) {
    auto listener = std::make_shared<FakeListener>();
    board->Submit(std::move(spec), listener);
    return listener;
  }
  // What was posted, and what that posts.
  void Settle() {
    while (!tasks_.empty() || (disk_works && !disk_.empty())) {
      auto& queue = tasks_.empty() ? disk_ : tasks_;
      const auto task = std::move(queue.front());
      queue.pop_front();
      task();
    }
  }
  // The first job at work is done.
  void FinishOne(const std::string& midi = "MThd") {
    const JobSpec spec = workers.at_work.front();
    workers.at_work.erase(workers.at_work.begin());
    v1::GenerationPlan plan;
    *plan.mutable_request() = spec.request;
    board->OnPlanned(spec.id, plan, 480);
    v1::GenerationCandidate candidate;
    candidate.set_midi(midi);
    candidate.set_seed(spec.request.seed());
    board->OnCandidate(spec.id, candidate);
    board->OnEnded(spec.id, absl::OkStatus(), {0}, 0);
    Settle();
  }
  std::string TakeFirst() {
    const std::string id = workers.at_work.front().id;
    workers.at_work.erase(workers.at_work.begin());
    return id;
  }

  FakeStore store;
  FakeWorkers workers;
  FakeObserver observer;
  bool disk_works = true;
  std::unique_ptr<Board> board;

 private:
  std::shared_ptr<const model::Package> package_;
  std::uint64_t next_seed_ = 1;
  std::deque<std::function<void()>> tasks_;
  std::deque<std::function<void()>> disk_;
};

}  // namespace continuo::job
