// SPDX-License-Identifier: Apache-2.0
// RepositoryService.InstallFromRepository: one call's way to the repository and back.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "continuo/v1/repository_service.pb.h"
#include "daemon/base/background_worker.h"
#include "daemon/repository/repository.h"

namespace continuo::service {

// The reactor keeps itself until the call is over; a client that goes cancels the installation.
[[nodiscard]] grpc::ServerWriteReactor<v1::InstallFromRepositoryResponse>*
MakeRepositoryInstallReactor(repository::Repository* repository, base::BackgroundWorker* worker,
                             const v1::InstallFromRepositoryRequest& request);

}  // namespace continuo::service
