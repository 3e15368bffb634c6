// SPDX-License-Identifier: Apache-2.0
// A unary call whose answer takes a thread that may wait.
#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/support/server_callback.h>

#include "daemon/base/background_worker.h"
#include "daemon/service/status.h"

namespace continuo::service {

// ask(cancelled) on the worker, with a way to know that the client has gone; not where the request
// did not pass its checks.
template <typename Response, typename Ask>
grpc::ServerUnaryReactor* OnWorker(base::BackgroundWorker* worker,
                                   grpc::CallbackServerContext* context,
                                   const absl::Status& checked, Response* response, Ask ask) {
  auto* const reactor = context->DefaultReactor();
  if (!checked.ok()) {
    reactor->Finish(ToGrpc(checked));
    return reactor;
  }
  worker->Run([reactor, context, response, ask] {
    absl::StatusOr<Response> answer = ask([context] { return context->IsCancelled(); });
    if (answer.ok()) *response = *std::move(answer);
    reactor->Finish(ToGrpc(answer.status()));
  });
  return reactor;
}

}  // namespace continuo::service
