// SPDX-License-Identifier: Apache-2.0
// Events to all who subscribe.
//
// Problem: a subscriber that does not read must cost neither memory nor anybody's time.
// Each has a queue of kQueuedEvents; past that its oldest event goes, and the next one it
// reads tells how many went.
// Threads: everything is [any-thread].
// Ownership: a subscription belongs to gRPC, which ends it when its call ends; Subscribe()
// gives it away.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "continuo/v1/daemon_service.grpc.pb.h"
#include "daemon/job/job.h"
#include "daemon/supervisor/types.h"

namespace continuo::service {

inline constexpr std::size_t kQueuedEvents = 256;

class EventBroadcaster : public supervisor::Observer, public job::Observer {
 public:
  [[nodiscard]] grpc::ServerWriteReactor<v1::Event>* Subscribe();
  // Ends all calls, and those to come, with UNAVAILABLE.
  void Stop();

  void OnRunnerStarted(pid_t pid) override;
  void OnRunnerEnded(pid_t pid, const std::string& reason, bool asked) override;
  void OnStreamChanged(const supervisor::StreamInfo& stream, bool closed) override;
  void OnModelsChanged() override;
  void OnJobChanged(const v1::Job& job) override;
  void OnRecordAdded(const std::string& record_id) override;
  void OnWarningsChanged(const std::vector<std::string>& warnings) override;

 private:
  class Subscription;
  void Send(v1::Event event);
  void Forget(Subscription* subscription);

  std::mutex mutex_;
  std::set<Subscription*> subscriptions_;  // guarded by mutex_
  bool stopped_ = false;                   // guarded by mutex_
};

}  // namespace continuo::service
