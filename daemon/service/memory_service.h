// SPDX-License-Identifier: Apache-2.0
// continuo.v1.MemoryService: translation only. GetMemory reads /proc of each runner.
#pragma once

#include <memory>

#include "continuo/v1/memory_service.grpc.pb.h"
#include "daemon/model/store.h"
#include "daemon/supervisor/job_desk.h"
#include "daemon/supervisor/memory_keeper.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::service {

class MemoryService : public v1::MemoryService::CallbackService {
 public:
  MemoryService(supervisor::MemoryKeeper* keeper, supervisor::Supervisor* supervisor,
                supervisor::JobDesk* desk, std::shared_ptr<model::ModelStore> store);

  grpc::ServerUnaryReactor* GetMemory(grpc::CallbackServerContext* context,
                                      const v1::GetMemoryRequest* request,
                                      v1::GetMemoryResponse* response) override;
  grpc::ServerUnaryReactor* KeepModel(grpc::CallbackServerContext* context,
                                      const v1::KeepModelRequest* request,
                                      v1::KeepModelResponse* response) override;

 private:
  supervisor::MemoryKeeper* const keeper_;
  supervisor::Supervisor* const supervisor_;
  supervisor::JobDesk* const desk_;
  const std::shared_ptr<model::ModelStore> store_;
};

}  // namespace continuo::service
