// SPDX-License-Identifier: Apache-2.0
// continuo.v1.ModelService: translation only. Handlers look at the models' directories (two
// stat calls a package), and wait for nothing else; what reads or writes packages is done by a
// thread of its own, one call after the other.
#pragma once

#include <memory>
#include <string>

#include "continuo/v1/model_service.grpc.pb.h"
#include "daemon/base/background_worker.h"
#include "daemon/model/store.h"
#include "daemon/repository/repository.h"
#include "daemon/service/model_keeper.h"
#include "daemon/service/model_watch.h"
#include "daemon/supervisor/job_desk.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::service {

class ModelService : public v1::ModelService::CallbackService {
 public:
  ModelService(supervisor::Supervisor* supervisor, std::shared_ptr<model::ModelStore> store,
               ModelWatch* watch, supervisor::JobDesk* desk, repository::Repository* repository);

  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* context,
                                       const v1::ListModelsRequest* request,
                                       v1::ListModelsResponse* response) override;
  grpc::ServerUnaryReactor* GetModel(grpc::CallbackServerContext* context,
                                     const v1::GetModelRequest* request,
                                     v1::GetModelResponse* response) override;
  grpc::ServerUnaryReactor* LoadModel(grpc::CallbackServerContext* context,
                                      const v1::LoadModelRequest* request,
                                      v1::LoadModelResponse* response) override;
  grpc::ServerUnaryReactor* UnloadModel(grpc::CallbackServerContext* context,
                                        const v1::UnloadModelRequest* request,
                                        v1::UnloadModelResponse* response) override;
  grpc::ServerWriteReactor<v1::ImportModelResponse>* ImportModel(
      grpc::CallbackServerContext* context, const v1::ImportModelRequest* request) override;
  grpc::ServerUnaryReactor* RemoveModel(grpc::CallbackServerContext* context,
                                        const v1::RemoveModelRequest* request,
                                        v1::RemoveModelResponse* response) override;

  grpc::ServerWriteReactor<v1::InstallModelResponse>* InstallModel(
      grpc::CallbackServerContext* context, const v1::InstallModelRequest* request) override;
  grpc::ServerUnaryReactor* PinModel(grpc::CallbackServerContext* context,
                                     const v1::PinModelRequest* request,
                                     v1::PinModelResponse* response) override;
  grpc::ServerUnaryReactor* RollbackModel(grpc::CallbackServerContext* context,
                                          const v1::RollbackModelRequest* request,
                                          v1::RollbackModelResponse* response) override;
  grpc::ServerUnaryReactor* VerifyModels(grpc::CallbackServerContext* context,
                                         const v1::VerifyModelsRequest* request,
                                         v1::VerifyModelsResponse* response) override;
  grpc::ServerUnaryReactor* RepairModel(grpc::CallbackServerContext* context,
                                        const v1::RepairModelRequest* request,
                                        v1::RepairModelResponse* response) override;
  grpc::ServerUnaryReactor* LintModel(grpc::CallbackServerContext* context,
                                      const v1::LintModelRequest* request,
                                      v1::LintModelResponse* response) override;
  grpc::ServerUnaryReactor* CollectGarbage(grpc::CallbackServerContext* context,
                                           const v1::CollectGarbageRequest* request,
                                           v1::CollectGarbageResponse* response) override;
  grpc::ServerUnaryReactor* GetCredits(grpc::CallbackServerContext* context,
                                       const v1::GetCreditsRequest* request,
                                       v1::GetCreditsResponse* response) override;

 private:
  supervisor::Supervisor* const supervisor_;
  const std::shared_ptr<model::ModelStore> store_;
  ModelWatch* const watch_;
  supervisor::JobDesk* const desk_;
  repository::Repository* const repository_;  // for what packages need
  const std::string own_;                     // where packages are installed
  const ModelKeeper keeper_;
  base::BackgroundWorker worker_{"packages"};
};

}  // namespace continuo::service
