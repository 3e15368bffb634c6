// SPDX-License-Identifier: Apache-2.0
// continuo.v1.ModelService: translation only. Handlers look at the models' directories (two
// stat calls a package), and wait for nothing else.
#pragma once

#include <memory>

#include "continuo/v1/model_service.grpc.pb.h"
#include "daemon/model/store.h"
#include "daemon/service/model_watch.h"
#include "daemon/supervisor/job_desk.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::service {

class ModelService : public v1::ModelService::CallbackService {
 public:
  ModelService(supervisor::Supervisor* supervisor, std::shared_ptr<model::ModelStore> store,
               ModelWatch* watch, supervisor::JobDesk* desk);

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

 private:
  supervisor::Supervisor* const supervisor_;
  const std::shared_ptr<model::ModelStore> store_;
  ModelWatch* const watch_;
  supervisor::JobDesk* const desk_;
};

}  // namespace continuo::service
