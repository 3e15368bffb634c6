// SPDX-License-Identifier: Apache-2.0
// JSON as we print it: members in the order in which they were put.
#pragma once

#include <nlohmann/json.hpp>

namespace continuo::ctl {

using Json = nlohmann::ordered_json;

}  // namespace continuo::ctl
