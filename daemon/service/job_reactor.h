// SPDX-License-Identifier: Apache-2.0
// One client that follows one job, over gRPC.
//
// Problem: a client that does not read must cost neither much memory nor anybody's time: of
// progress and partial notes that it has not taken, the newest stay; what counts is kept.
// Ownership: a reactor belongs to gRPC, and to the desk as long as that tells it something.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <string>

#include "continuo/v1/generation_service.grpc.pb.h"
#include "daemon/supervisor/job_desk.h"

namespace continuo::service {

// The job is cancelled with the call (the client cancels, goes, or its deadline passes), unless
// it is detached.
[[nodiscard]] grpc::ServerWriteReactor<v1::GenerateEvent>* MakeGenerateReactor(
    supervisor::JobDesk* desk, const v1::GenerateRequest& request, const std::string& client);
[[nodiscard]] grpc::ServerWriteReactor<v1::GenerateEvent>* MakeWatchReactor(
    supervisor::JobDesk* desk, const std::string& job_id);

}  // namespace continuo::service
