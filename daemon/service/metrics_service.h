// SPDX-License-Identifier: Apache-2.0
// continuo.v1.MetricsService: translation only. No handler waits.
#pragma once

#include "continuo/v1/metrics_service.grpc.pb.h"
#include "daemon/service/metrics_collector.h"

namespace continuo::service {

class MetricsService : public v1::MetricsService::CallbackService {
 public:
  explicit MetricsService(MetricsCollector* collector) : collector_(collector) {}

  grpc::ServerUnaryReactor* GetMetrics(grpc::CallbackServerContext* context,
                                       const v1::GetMetricsRequest* request,
                                       v1::GetMetricsResponse* response) override;

 private:
  MetricsCollector* const collector_;
};

}  // namespace continuo::service
