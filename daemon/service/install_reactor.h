// SPDX-License-Identifier: Apache-2.0
// ModelService.InstallModel: one call's way to the installer and back.
// Threads: gRPC's, and the worker that installs.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <string>

#include "continuo/v1/model_service.pb.h"
#include "daemon/base/background_worker.h"
#include "daemon/model/store.h"
#include "daemon/repository/repository.h"
#include "daemon/service/model_keeper.h"
#include "daemon/service/model_watch.h"

namespace continuo::service {

// All of it outlives the call.
struct InstallTools {
  std::shared_ptr<model::ModelStore> store;
  std::string own;  // where packages are installed
  const ModelKeeper* keeper;
  ModelWatch* watch;
  base::BackgroundWorker* worker;
  repository::Repository* repository;  // for what packages need
};

// Lives until the call ends.
[[nodiscard]] grpc::ServerWriteReactor<v1::InstallModelResponse>* MakeInstallReactor(
    const InstallTools& tools, const v1::InstallModelRequest& request);

}  // namespace continuo::service
