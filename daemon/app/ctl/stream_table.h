// SPDX-License-Identifier: Apache-2.0
// The open streams as a table, for `status` and `stream list`.
#pragma once

#include "continuo/v1/daemon_service.pb.h"

namespace continuo::ctl {

void PrintStreams(const v1::GetStatusResponse& status);

}  // namespace continuo::ctl
