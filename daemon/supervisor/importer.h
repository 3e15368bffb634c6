// SPDX-License-Identifier: Apache-2.0
// Imports of foreign model files, one after the other.
//
//   waiting ─► reading ─► inspecting, measuring ─► installing ─► done
//              (worker)   (a process of its own,   (worker)     (renamed on the loop)
//                          when there is memory)
//
// Problem: the file may be hostile, the disk full, the client gone, the daemon killed; the
// store is changed by renames at the very end or not at all (daemon/model/staging.h).
// Threads: [loop-thread], but for the constructor. Clients are called there and must not wait.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "continuo/v1/model_service.pb.h"
#include "daemon/base/background_worker.h"
#include "daemon/model/staging.h"
#include "daemon/model/store.h"
#include "daemon/supervisor/event_loop.h"
#include "daemon/supervisor/inspection.h"
#include "daemon/supervisor/memory_claim.h"

namespace continuo::supervisor {

inline constexpr std::size_t kMaxImports = 16;  // that wait or are at work

class ImportClient {
 public:
  virtual ~ImportClient() = default;
  virtual void OnProgress(const std::string& step) = 0;
  // Nothing follows.
  virtual void OnEnd(const absl::StatusOr<v1::ImportResult>& result) = 0;
};

struct ImporterOptions {
  RunnerOptions runner;
  double timeout_s = 120;          // of an inspection
  std::string store_directory;     // where packages are installed
  MemoryKeeper* memory = nullptr;  // outlives the importer
};

class Importer {
 public:
  class Host {
   public:
    virtual ~Host() = default;
    // Gives the model's memory back (an empty version: of all). FAILED_PRECONDITION while
    // streams use it.
    [[nodiscard]] virtual absl::Status GiveUp(const std::string& id,
                                              const std::string& version) = 0;
    virtual void OnModelsInstalled() = 0;
  };

  // Removes what an import that was killed has left.
  Importer(EventLoop* loop, std::shared_ptr<model::ModelStore> store, Host* host,
           ImporterOptions options);
  ~Importer();
  Importer(const Importer&) = delete;
  Importer& operator=(const Importer&) = delete;

  // RESOURCE_EXHAUSTED above kMaxImports.
  void Import(const v1::ImportModelRequest& request, const std::shared_ptr<ImportClient>& client);
  // Nothing of it is left then; the client is told CANCELLED.
  void Cancel(const std::shared_ptr<ImportClient>& client);
  // Fails all.
  void Stop();
  // Removes it on the worker, then `done` on the loop.
  void Discard(const std::shared_ptr<model::Staging>& staging, const std::function<void()>& done);

  [[nodiscard]] const std::string& store_directory() const { return options_.store_directory; }

 private:
  struct Job {
    v1::ImportModelRequest request;
    std::shared_ptr<ImportClient> client;
    std::string id;
    std::string version;
    std::atomic<bool> cancelled{false};
    std::shared_ptr<model::Staging> staging;
    v1::ImportResult result;
  };
  using JobPtr = std::shared_ptr<Job>;

  void Begin();
  // As soon as there is memory for it.
  void Inspect(const JobPtr& job);
  void StartInspection(const JobPtr& job, const InspectionRequest& request);
  void Prepare(const JobPtr& job, const internal::Inspected& inspected);
  void Install(const JobPtr& job);
  void Finish(const JobPtr& job, const absl::Status& status);
  // `work` on the worker, then `then` on the loop with what it gave, if this still lives.
  template <typename Work, typename Then>
  void OnWorker(Work work, Then then);

  // [worker]
  [[nodiscard]] absl::Status Stage(Job* job) const;
  // What is asked for, else 1.0.0; where a model is to be replaced, its newest.
  [[nodiscard]] std::string VersionFor(const v1::ImportModelRequest& request,
                                       const std::string& id) const;
  [[nodiscard]] absl::Status CheckFree(const v1::ImportModelRequest& request, const std::string& id,
                                       const std::string& version) const;

  EventLoop* loop_;
  const std::shared_ptr<model::ModelStore> store_;
  Host* host_;
  const ImporterOptions options_;
  std::deque<JobPtr> jobs_;  // the first is at work
  std::unique_ptr<MemoryClaim> claim_;
  std::unique_ptr<Inspection> inspection_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<base::BackgroundWorker> worker_;
};

}  // namespace continuo::supervisor
