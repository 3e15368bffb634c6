// SPDX-License-Identifier: Apache-2.0
// continuo.v1.GenerationService: translation only. No handler waits.
#pragma once

#include "continuo/v1/generation_service.grpc.pb.h"
#include "daemon/supervisor/job_desk.h"

namespace continuo::service {

class GenerationService : public v1::GenerationService::CallbackService {
 public:
  explicit GenerationService(supervisor::JobDesk* desk) : desk_(desk) {}

  grpc::ServerWriteReactor<v1::GenerateEvent>* Generate(
      grpc::CallbackServerContext* context, const v1::GenerateRequest* request) override;
  grpc::ServerWriteReactor<v1::GenerateEvent>* WatchJob(
      grpc::CallbackServerContext* context, const v1::WatchJobRequest* request) override;
  grpc::ServerUnaryReactor* CancelJob(grpc::CallbackServerContext* context,
                                      const v1::CancelJobRequest* request,
                                      v1::CancelJobResponse* response) override;
  grpc::ServerUnaryReactor* ListJobs(grpc::CallbackServerContext* context,
                                     const v1::ListJobsRequest* request,
                                     v1::ListJobsResponse* response) override;
  grpc::ServerUnaryReactor* PlanGeneration(grpc::CallbackServerContext* context,
                                           const v1::GenerateRequest* request,
                                           v1::GenerationPlan* response) override;

 private:
  supervisor::JobDesk* const desk_;
};

}  // namespace continuo::service
