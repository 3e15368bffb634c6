// SPDX-License-Identifier: Apache-2.0
// From the daemon's errors to gRPC's, in this one place. The codes are the same numbers.
#pragma once

#include <absl/status/status.h>
#include <grpcpp/support/status.h>

namespace continuo::service {

// A message longer than a client's header limit would hide the error: it is cut.
[[nodiscard]] grpc::Status ToGrpc(const absl::Status& status);

}  // namespace continuo::service
