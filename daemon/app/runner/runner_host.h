// SPDX-License-Identifier: Apache-2.0
// All that one runner holds: executors, models, streams.
//
// Threads: Handle, Housekeep and Stop by the main thread. Whatever may take long
// (loading, warming up, closing) is done in order by one work thread, so that pings are
// answered meanwhile. Which thread steps which stream is another one's work: that waits for
// blocks in hand, but not for a model to be loaded.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "continuo/internal/runner.pb.h"
#include "daemon/app/runner/control_channel.h"
#include "daemon/app/runner/lanes.h"
#include "daemon/app/runner/notes_host.h"
#include "daemon/app/runner/wake_governor.h"
#include "daemon/base/background_worker.h"
#include "daemon/base/process_memory.h"
#include "daemon/executor/executor.h"
#include "daemon/stream/stream_worker.h"

namespace continuo::runner {

struct RunnerOptions {
  std::string module_directory;
  int realtime_priority = 0;
  std::uint64_t hang_timeout_ns = 0;
  int job_threads = 0;                     // 0: it runs no jobs
  stream::PriorityBroker priority_broker;  // may be empty
  int own_memory = -1;  // of base::OpenOwnMemory(); a confined process cannot open it any more
};

class RunnerHost {
 public:
  RunnerHost(const RunnerOptions& options, ControlChannel* channel);

  void Handle(const internal::ToRunner& message);
  // About every 50 ms. Empty, or why this runner must not go on: a model hangs.
  [[nodiscard]] std::string Housekeep();
  // Stops all streams.
  void Stop();

 private:
  struct LoadedModel {
    std::unique_ptr<executor::Model> model;
    v1::ModelManifest manifest;
    std::uint32_t key_channels = 0;
  };
  struct Stream {
    std::uint32_t generation = 0;
    std::string model_key;
    std::unique_ptr<stream::StreamWorker> worker;
    stream::WakeMode wake = stream::WakeMode::kAuto;
    bool end_reported = false;
    bool in_lane = false;
  };

  // Jobs; nothing happens where this runner is not for them.
  void RunJob(const internal::RunJob& request);

  // On the work thread.
  void Load(const internal::LoadModel& request);
  void Unload(const std::string& key);
  void Open(const internal::OpenStream& request);
  void Close(std::uint64_t stream_id);
  absl::Status LoadNow(const internal::LoadModel& request, base::MemoryGrowth* growth);
  absl::StatusOr<executor::Executor*> FindExecutor(const std::string& name);
  absl::StatusOr<std::unique_ptr<stream::SignalPath>> MakePath(const internal::OpenStream& request);

  void Place(const internal::PlaceStream& request);  // on the lanes' thread

  void SetParameter(const internal::SetParameter& request);
  void ReportEnded(std::uint64_t stream_id, std::uint32_t generation, const std::string& error);
  void AnswerPing(std::uint64_t number);

  const RunnerOptions options_;
  ControlChannel* const channel_;
  std::map<std::string, std::unique_ptr<executor::Executor>> executors_;  // work thread
  std::map<std::string, LoadedModel> models_;                             // work thread
  std::unique_ptr<NotesHost> notes_;  // where it runs jobs; ends before the executors
  std::mutex streams_mutex_;
  std::map<std::uint64_t, Stream> streams_;
  WakeGovernor wake_governor_;  // main thread
  Lanes lanes_;                 // lanes' thread; ends before what it steps
  std::atomic<bool> keeping_lanes_{false};
  base::BackgroundWorker lane_work_{"lanes"};
  base::BackgroundWorker work_{"work"};  // waits for the lanes' thread, so it ends first
};

}  // namespace continuo::runner
