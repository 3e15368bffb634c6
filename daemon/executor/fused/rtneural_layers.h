// SPDX-License-Identifier: Apache-2.0
// The layers of an RTNeural file, as rtneural_file.h says.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "daemon/executor/fused/recurrent.h"

namespace continuo::executor::fused {

[[nodiscard]] std::vector<NetLayer> ReadRtNeuralLayers(const nlohmann::json& document,
                                                       std::uint32_t inputs, absl::Status& status);

}  // namespace continuo::executor::fused
