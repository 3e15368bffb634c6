// SPDX-License-Identifier: Apache-2.0
// All that one runner holds: executors, models, streams.
//
// Threads: Handle, Housekeep and Stop by the main thread. Whatever may take long
// (loading, warming up, stopping an audio thread) is done in order by one work
// thread, so that pings are answered meanwhile.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "continuo/internal/runner.pb.h"
#include "daemon/app/runner/control_channel.h"
#include "daemon/app/runner/lanes.h"
#include "daemon/app/runner/notes_host.h"
#include "daemon/app/runner/wake_governor.h"
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
  ~RunnerHost();

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

  void Post(std::function<void()> work);
  void Work();

  // Jobs; nothing happens where this runner is not for them.
  void RunJob(const internal::RunJob& request);

  // On the work thread.
  void Load(const internal::LoadModel& request);
  void Unload(const std::string& key);
  void Open(const internal::OpenStream& request);
  void Place(const internal::PlaceStream& request);
  void Close(std::uint64_t stream_id);
  absl::Status LoadNow(const internal::LoadModel& request, base::MemoryGrowth* growth);
  absl::StatusOr<executor::Executor*> FindExecutor(const std::string& name);
  absl::StatusOr<std::unique_ptr<stream::SignalPath>> MakePath(const internal::OpenStream& request);

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
  Lanes lanes_;                 // work thread; ends before what it steps
  std::mutex work_mutex_;
  std::condition_variable work_there_;
  std::deque<std::function<void()>> work_;
  bool stopping_ = false;
  std::atomic<bool> rescuing_{false};
  std::thread work_thread_;
};

}  // namespace continuo::runner
