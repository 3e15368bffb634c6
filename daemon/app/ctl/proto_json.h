// SPDX-License-Identifier: Apache-2.0
// API messages as JSON for scripts: field names as in the .proto files, 64-bit
// integers as numbers (protobuf's own JSON makes strings of them), enumerations
// by name, bytes in base64, every scalar present, absent messages left out.
#pragma once

#include <google/protobuf/message.h>

#include "daemon/app/ctl/json.h"

namespace continuo::ctl {

[[nodiscard]] Json ToJson(const google::protobuf::Message& message);

// 0.1F as 0.1, not as 0.10000000149011612.
[[nodiscard]] double Shortest(float value);

}  // namespace continuo::ctl
