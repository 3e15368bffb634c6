// SPDX-License-Identifier: Apache-2.0
// Activations as .nam files name them: "Tanh", or {"type": "LeakyReLU", …} with numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/executor/fused/fields.h"
#include "daemon/executor/fused/program_builder.h"

namespace continuo::executor::fused {

struct ActivationConfig {
  Activation kind = Activation::kNone;
  // kLeaky: one slope, or one a row; kLeakyHardTanh: minimum, maximum, slopes.
  std::vector<float> numbers;
};

// `rows`: how many it is for. Errors go into `status`.
[[nodiscard]] ActivationConfig ReadActivation(const nlohmann::json& value, const std::string& path,
                                              std::uint32_t rows, absl::Status& status);

[[nodiscard]] ActivationAt PlaceActivation(const ActivationConfig& config, std::uint32_t rows,
                                           ProgramBuilder& builder);

}  // namespace continuo::executor::fused
