// SPDX-License-Identifier: Apache-2.0
// A model's parameters by id, in natural units.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string_view>
#include <vector>

#include "continuo/v1/model.pb.h"

namespace continuo::model {

// As protobuf has it in requests and presets: parameter id to value.
using ParameterMap = google::protobuf::Map<std::string, float>;

// It moves others; the model does not get it.
[[nodiscard]] inline bool IsMacro(const v1::Parameter& parameter) {
  return parameter.targets_size() > 0;
}

// Index in the manifest, by its id or one that it had before; or -1.
[[nodiscard]] int FindParameter(const v1::ModelManifest& manifest, std::string_view id);

// OK, or INVALID_ARGUMENT that names the first id that the model has not (and
// those it has) or the first value that is out of range (and the range).
[[nodiscard]] absl::Status CheckParameters(const v1::ModelManifest& manifest,
                                           const ParameterMap& values);

// One value a parameter in manifest order: as given, else its default. Errors as above.
[[nodiscard]] absl::StatusOr<std::vector<float>> ResolveParameters(
    const v1::ModelManifest& manifest, const ParameterMap& values);

}  // namespace continuo::model
