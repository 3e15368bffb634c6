// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/metrics_service.h"

namespace continuo::service {

grpc::ServerUnaryReactor* MetricsService::GetMetrics(grpc::CallbackServerContext* context,
                                                     const v1::GetMetricsRequest* request,
                                                     v1::GetMetricsResponse* response) {
  auto* const reactor = context->DefaultReactor();
  collector_->Collect(request->histograms(),
                      [reactor, response](const v1::GetMetricsResponse& metrics) {
                        *response = metrics;
                        reactor->Finish(grpc::Status::OK);
                      });
  return reactor;
}

}  // namespace continuo::service
