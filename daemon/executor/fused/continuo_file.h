// SPDX-License-Identifier: Apache-2.0
// A weight file of our own (docs/model-integration.md), read with distrust:
// {"format": "continuo", "version": 1, "architecture": …, "sample_rate_hz": …,
//  "latency_frames": …, "parameters": […], "config": {…}, "weights": […]}
// Errors: INVALID_ARGUMENT names the field, what it is, and what is expected.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/executor/fused/fields.h"
#include "daemon/executor/fused/kernels.h"
#include "daemon/executor/fused/network.h"

namespace continuo::executor::fused {

struct ContinuoFile {
  std::string architecture;
  std::uint32_t sample_rate_hz = 0;
  std::uint32_t latency_frames = 0;
  std::vector<std::string> parameters;  // ids, in the order of Block::parameters
  nlohmann::json config;
  std::vector<float> weights;
  bool has_key = false;  // the second row of Block::in is what it listens to
};

[[nodiscard]] absl::StatusOr<ContinuoFile> ReadContinuoFile(const nlohmann::json& document);

// A finite number, or `minimum` and an error.
double ReadNumber(FieldReader& fields, const nlohmann::json& object, const char* name,
                  double minimum, double maximum);
// `count` of them between ±maximum, or as many zeros and an error.
std::vector<double> ReadNumbers(FieldReader& fields, const nlohmann::json& object, const char* name,
                                std::size_t count, double maximum);

[[nodiscard]] absl::Status CheckWeightCount(const ContinuoFile& file, std::size_t expected);

// The architectures: film_tcn.cc, gain_gru.cc.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Network>> MakeFilmTcn(const ContinuoFile& file,
                                                                   const Kernels& kernels);
[[nodiscard]] absl::StatusOr<std::unique_ptr<Network>> MakeGainGru(const ContinuoFile& file);

}  // namespace continuo::executor::fused
