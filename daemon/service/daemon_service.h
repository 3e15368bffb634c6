// SPDX-License-Identifier: Apache-2.0
// continuo.v1.DaemonService: translation only. No handler waits.
#pragma once

#include <memory>
#include <string>

#include "continuo/v1/daemon_service.grpc.pb.h"
#include "daemon/model/store.h"
#include "daemon/service/event_broadcaster.h"
#include "daemon/supervisor/job_desk.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::service {

// What status tells of this process.
struct DaemonInfo {
  std::string socket_path;
  std::string configuration_path;
  std::size_t maximum_streams = 0;
};

class DaemonService : public v1::DaemonService::CallbackService {
 public:
  DaemonService(DaemonInfo info, supervisor::Supervisor* supervisor,
                std::shared_ptr<model::ModelStore> store, EventBroadcaster* events,
                supervisor::JobDesk* desk);

  grpc::ServerUnaryReactor* Connect(grpc::CallbackServerContext* context,
                                    const v1::ConnectRequest* request,
                                    v1::ConnectResponse* response) override;
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override;
  grpc::ServerUnaryReactor* GetCapabilities(grpc::CallbackServerContext* context,
                                            const v1::GetCapabilitiesRequest* request,
                                            v1::GetCapabilitiesResponse* response) override;
  grpc::ServerWriteReactor<v1::Event>* Subscribe(grpc::CallbackServerContext* context,
                                                 const v1::SubscribeRequest* request) override;

 private:
  const DaemonInfo info_;
  const std::uint64_t started_ns_;
  supervisor::Supervisor* const supervisor_;
  const std::shared_ptr<model::ModelStore> store_;
  EventBroadcaster* const events_;
  supervisor::JobDesk* const desk_;
};

}  // namespace continuo::service
