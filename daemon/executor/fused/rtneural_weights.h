// SPDX-License-Identifier: Apache-2.0
// The weights of one layer of an RTNeural file, as a net has them.
//
// `layer` has its kind and sizes. The first error stays in `status`; what is read then is
// incomplete.
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/executor/fused/recurrent_net.h"

namespace continuo::executor::fused {

// A list among the weights, and its path in messages; null: it is missing.
struct WeightsAt {
  const nlohmann::json* list;
  std::string path;

  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] WeightsAt operator[](std::size_t i) const;
};

void ReadDense(const WeightsAt& weights, absl::Status& status, NetLayer& layer);
void ReadConvolution(const WeightsAt& weights, std::uint32_t groups, absl::Status& status,
                     NetLayer& layer);
void ReadRecurrent(const WeightsAt& weights, absl::Status& status, NetLayer& layer);
void ReadBatchNorm(const WeightsAt& weights, double epsilon, absl::Status& status, NetLayer& layer);
// Of a PReLU after `outputs` values.
[[nodiscard]] std::vector<float> ReadSlopes(const WeightsAt& weights, std::uint32_t outputs,
                                            absl::Status& status);

}  // namespace continuo::executor::fused
