// SPDX-License-Identifier: Apache-2.0
// What the author of a .nam file wrote about it.
#pragma once

#include <absl/status/status.h>

#include <nlohmann/json.hpp>

#include "daemon/executor/executor.h"

namespace continuo::executor::fused {

// Name, author, licence and notes, as far as there are any: text of others, so it is
// cut short and holds no control characters.
[[nodiscard]] absl::Status ReadMetadata(const nlohmann::json& document, Inspection& into);

}  // namespace continuo::executor::fused
