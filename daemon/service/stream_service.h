// SPDX-License-Identifier: Apache-2.0
// continuo.v1.StreamService: translation only. No handler waits.
#pragma once

#include "continuo/v1/stream_service.grpc.pb.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::service {

class StreamService : public v1::StreamService::CallbackService {
 public:
  explicit StreamService(supervisor::Supervisor* supervisor) : supervisor_(supervisor) {}

  grpc::ServerUnaryReactor* OpenStream(grpc::CallbackServerContext* context,
                                       const v1::OpenStreamRequest* request,
                                       v1::OpenStreamResponse* response) override;
  grpc::ServerBidiReactor<v1::AttachStreamRequest, v1::StreamEvent>* AttachStream(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* SetParameters(grpc::CallbackServerContext* context,
                                          const v1::SetParametersRequest* request,
                                          v1::SetParametersResponse* response) override;
  grpc::ServerUnaryReactor* SetLink(grpc::CallbackServerContext* context,
                                    const v1::SetLinkRequest* request,
                                    v1::SetLinkResponse* response) override;
  grpc::ServerUnaryReactor* GetStatistics(grpc::CallbackServerContext* context,
                                          const v1::GetStatisticsRequest* request,
                                          v1::GetStatisticsResponse* response) override;
  grpc::ServerUnaryReactor* CloseStream(grpc::CallbackServerContext* context,
                                        const v1::CloseStreamRequest* request,
                                        v1::CloseStreamResponse* response) override;

 private:
  supervisor::Supervisor* const supervisor_;
};

}  // namespace continuo::service
