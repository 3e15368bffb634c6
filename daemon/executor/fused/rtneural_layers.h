// SPDX-License-Identifier: Apache-2.0
// The layers of an RTNeural file, as rtneural_file.h says.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "daemon/executor/fused/fields.h"
#include "daemon/executor/fused/recurrent.h"

namespace continuo::executor::fused {

// The last number of a list, 1 to `maximum`, as Keras writes shapes; also a number alone.
[[nodiscard]] std::uint32_t LastCount(const nlohmann::json& object, const char* name,
                                      std::uint32_t maximum, FieldReader& fields);

[[nodiscard]] std::vector<NetLayer> ReadRtNeuralLayers(const nlohmann::json& document,
                                                       std::uint32_t inputs, absl::Status& status);

}  // namespace continuo::executor::fused
