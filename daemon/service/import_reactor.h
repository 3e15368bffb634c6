// SPDX-License-Identifier: Apache-2.0
// ModelService.ImportModel: one call's way to the importer and back.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "continuo/v1/model_service.pb.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::service {

// The reactor keeps itself until the call is over; a client that goes cancels the import.
[[nodiscard]] grpc::ServerWriteReactor<v1::ImportModelResponse>* MakeImportReactor(
    supervisor::Supervisor* supervisor, grpc::CallbackServerContext* context,
    const v1::ImportModelRequest& request);

}  // namespace continuo::service
