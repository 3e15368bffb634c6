// SPDX-License-Identifier: Apache-2.0
// A .nam file (Neural Amp Modeler, JSON) as it is, read with distrust.
//
// Versions 0.5 to 0.7: what later ones add is in "config", and refused where unknown.
// Errors: INVALID_ARGUMENT names the field, what it is, and what is expected.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/executor/fused/fields.h"

namespace continuo::executor::fused {

struct NamFile {
  std::string version;
  std::string architecture;
  nlohmann::json config;  // an object
  std::vector<float> weights;
  std::uint32_t sample_rate_hz = 48000;
  bool states_sample_rate = false;
};

// Also the files within a file: `path` is then theirs, for messages, with a dot at its end.
[[nodiscard]] absl::StatusOr<NamFile> ReadNamFile(const nlohmann::json& document,
                                                  const std::string& path = "");

// Hands out the flat weights in their order.
class WeightCursor {
 public:
  explicit WeightCursor(const std::vector<float>& weights) : next_(weights.data()) {}
  const float* Take(std::size_t count) {
    const float* const taken = next_;
    next_ += count;
    return taken;
  }

 private:
  const float* next_;
};

}  // namespace continuo::executor::fused
