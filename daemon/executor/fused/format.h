// SPDX-License-Identifier: Apache-2.0
// The file formats that this executor reads: one entry each, chosen by what is in
// the file. A file is JSON and may be hostile.
// Errors: INVALID_ARGUMENT names the field, what it is, and what is expected.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "daemon/executor/executor.h"
#include "daemon/executor/fused/kernels.h"

namespace continuo::executor::fused {

struct Format {
  bool (*recognises)(const nlohmann::json& document);
  absl::StatusOr<std::unique_ptr<Model>> (*load)(const nlohmann::json& document,
                                                 const LoadRequest& request,
                                                 const Kernels& kernels);
  absl::StatusOr<std::vector<Inspection>> (*inspect)(const nlohmann::json& document,
                                                     const Kernels& kernels);
};

extern const Format kContinuoFormat;  // continuo_file.cc
extern const Format kNamFormat;       // nam_format.cc
extern const Format kGuitarMlFormat;  // recurrent_format.cc
extern const Format kRtNeuralFormat;

}  // namespace continuo::executor::fused
