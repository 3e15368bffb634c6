// SPDX-License-Identifier: Apache-2.0
// From the supervisor's values to the API's messages.
#pragma once

#include "continuo/v1/daemon_service.pb.h"
#include "daemon/supervisor/types.h"

namespace continuo::service {

[[nodiscard]] v1::StreamStatus ToProto(const supervisor::StreamInfo& stream);
// Reads the process's memory too: up to a millisecond.
[[nodiscard]] v1::RunnerStatus ToProto(const supervisor::RunnerInfo& runner);

}  // namespace continuo::service
