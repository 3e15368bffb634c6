// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/generation_service.h"

#include "daemon/service/job_reactor.h"
#include "daemon/service/limits.h"
#include "daemon/service/peer.h"
#include "daemon/service/status.h"

namespace continuo::service {

grpc::ServerWriteReactor<v1::GenerateEvent>* GenerationService::Generate(
    grpc::CallbackServerContext* context, const v1::GenerateRequest* request) {
  return MakeGenerateReactor(desk_, *request, ClientOf(context->peer()));
}

grpc::ServerWriteReactor<v1::GenerateEvent>* GenerationService::WatchJob(
    grpc::CallbackServerContext*, const v1::WatchJobRequest* request) {
  return MakeWatchReactor(desk_, request->job_id());
}

grpc::ServerUnaryReactor* GenerationService::CancelJob(grpc::CallbackServerContext* context,
                                                       const v1::CancelJobRequest* request,
                                                       v1::CancelJobResponse*) {
  auto* const reactor = context->DefaultReactor();
  if (const absl::Status status = CheckId("job_id", request->job_id()); !status.ok()) {
    reactor->Finish(ToGrpc(status));
    return reactor;
  }
  desk_->Cancel(request->job_id(),
                [reactor](const absl::Status& status) { reactor->Finish(ToGrpc(status)); });
  return reactor;
}

grpc::ServerUnaryReactor* GenerationService::ListJobs(grpc::CallbackServerContext* context,
                                                      const v1::ListJobsRequest*,
                                                      v1::ListJobsResponse* response) {
  auto* const reactor = context->DefaultReactor();
  desk_->List([reactor, response](const std::vector<v1::Job>& jobs) {
    for (const v1::Job& job : jobs) *response->add_jobs() = job;
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

grpc::ServerUnaryReactor* GenerationService::PlanGeneration(grpc::CallbackServerContext* context,
                                                            const v1::GenerateRequest* request,
                                                            v1::GenerationPlan* response) {
  auto* const reactor = context->DefaultReactor();
  desk_->Plan(*request, [reactor, response](const absl::StatusOr<v1::GenerationPlan>& plan) {
    if (plan.ok()) *response = *plan;
    reactor->Finish(ToGrpc(plan.status()));
  });
  return reactor;
}

}  // namespace continuo::service
