// SPDX-License-Identifier: Apache-2.0
// continuo.v1.FitService: translation only.
// Threads: no handler waits; one worker gives advice, another measures and makes variants, one call
// after the other.
#pragma once

#include "continuo/v1/fit_service.grpc.pb.h"
#include "daemon/base/background_worker.h"
#include "daemon/fit/advisor.h"
#include "daemon/fit/figures.h"
#include "daemon/fit/workbench.h"

namespace continuo::service {

// All of it outlives the service.
struct FitTools {
  fit::Figures* figures = nullptr;
  fit::Advisor* advisor = nullptr;
  fit::Workbench* workbench = nullptr;
};

class FitService : public v1::FitService::CallbackService {
 public:
  explicit FitService(const FitTools& tools) : tools_(tools) {}

  grpc::ServerUnaryReactor* GetMachine(grpc::CallbackServerContext* context,
                                       const v1::GetMachineRequest* request,
                                       v1::Machine* response) override;
  grpc::ServerUnaryReactor* AssessModels(grpc::CallbackServerContext* context,
                                         const v1::AssessModelsRequest* request,
                                         v1::AssessModelsResponse* response) override;
  grpc::ServerWriteReactor<v1::MeasureModelResponse>* MeasureModel(
      grpc::CallbackServerContext* context, const v1::MeasureModelRequest* request) override;
  grpc::ServerUnaryReactor* CompareModels(grpc::CallbackServerContext* context,
                                          const v1::CompareModelsRequest* request,
                                          v1::CompareModelsResponse* response) override;
  grpc::ServerUnaryReactor* RecommendModels(grpc::CallbackServerContext* context,
                                            const v1::RecommendModelsRequest* request,
                                            v1::RecommendModelsResponse* response) override;
  grpc::ServerWriteReactor<v1::OptimizeModelResponse>* OptimizeModel(
      grpc::CallbackServerContext* context, const v1::OptimizeModelRequest* request) override;
  grpc::ServerUnaryReactor* ChooseVariant(grpc::CallbackServerContext* context,
                                          const v1::ChooseVariantRequest* request,
                                          v1::ChooseVariantResponse* response) override;

 private:
  const FitTools tools_;
  base::BackgroundWorker adviser_{"advice"};
  base::BackgroundWorker bench_{"workbench"};
};

}  // namespace continuo::service
