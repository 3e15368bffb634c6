// SPDX-License-Identifier: Apache-2.0
// One AttachStream call: the stream lives as long as it does.
//
// Threads: gRPC's callbacks and the supervisor's loop; one lock a call.
// Ownership: gRPC and the supervisor both hold it; it goes when both have let go.
// Errors: the call ends with the status of what went wrong; a stream that fails while it
// runs says why in a last event and the call ends OK.
// Memory: what waits for a slow client is bounded: of parameter changes the newest a
// parameter, of heartbeats one, of the rest kMaxQueued.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "continuo/v1/stream_service.grpc.pb.h"
#include "daemon/supervisor/supervisor.h"

namespace continuo::service {

[[nodiscard]] grpc::ServerBidiReactor<v1::AttachStreamRequest, v1::StreamEvent>* MakeAttachReactor(
    supervisor::Supervisor* supervisor);

}  // namespace continuo::service
