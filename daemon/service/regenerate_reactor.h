// SPDX-License-Identifier: Apache-2.0
// A record made again, through the queue like any other job and never from the cache, and
// compared byte by byte with what it was.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <string>

#include "continuo/v1/history_service.grpc.pb.h"
#include "daemon/base/background_worker.h"
#include "daemon/history/history.h"
#include "daemon/supervisor/job_desk.h"

namespace continuo::service {

// The job is cancelled with the call.
[[nodiscard]] grpc::ServerWriteReactor<v1::RegenerateEvent>* MakeRegenerateReactor(
    history::History* history, supervisor::JobDesk* desk, base::BackgroundWorker* reader,
    const std::string& record_id, const std::string& client);

}  // namespace continuo::service
