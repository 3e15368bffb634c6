// SPDX-License-Identifier: Apache-2.0
// The gRPC server: our services, grpc.health.v1 and reflection. It listens on nothing by
// itself; connections are handed to it (acceptor.h), each checked before.
// Threads: Start and Shutdown by one thread, AddConnection by another.
#pragma once

#include <grpcpp/server.h>

#include <chrono>
#include <memory>

#include "daemon/base/unique_fd.h"
#include "daemon/service/daemon_service.h"
#include "daemon/service/event_broadcaster.h"
#include "daemon/service/fit_service.h"
#include "daemon/service/generation_service.h"
#include "daemon/service/history_service.h"
#include "daemon/service/key_service.h"
#include "daemon/service/memory_service.h"
#include "daemon/service/metrics_service.h"
#include "daemon/service/model_service.h"
#include "daemon/service/repository_service.h"
#include "daemon/service/stream_service.h"

namespace continuo::service {

class Server {
 public:
  Server(const DaemonInfo& info, supervisor::Supervisor* supervisor,
         const std::shared_ptr<model::ModelStore>& store, EventBroadcaster* events,
         MetricsCollector* metrics, supervisor::JobDesk* desk, history::History* history,
         repository::Repository* repository, supervisor::MemoryKeeper* memory, const FitTools& fit);

  [[nodiscard]] absl::Status Start();
  void AddConnection(base::UniqueFd connection);
  // Ends calls that are still open after `patience`.
  void Shutdown(std::chrono::milliseconds patience);

 private:
  ModelWatch model_watch_;
  DaemonService daemon_service_;
  FitService fit_service_;
  GenerationService generation_service_;
  HistoryService history_service_;
  KeyService key_service_;
  MemoryService memory_service_;
  MetricsService metrics_service_;
  ModelService model_service_;
  RepositoryService repository_service_;
  StreamService stream_service_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace continuo::service
