// SPDX-License-Identifier: Apache-2.0
// What a stream is told of a model's parameters, each at its default.
#pragma once

#include <vector>

#include "continuo/v1/model.pb.h"
#include "daemon/model/parameters.h"
#include "daemon/stream/parameter_values.h"

namespace continuo::runner {

// In the manifest's order, macros among them. Of a manifest that has been checked.
[[nodiscard]] inline std::vector<stream::ParameterSpec> ToParameterSpecs(
    const v1::ModelManifest& manifest) {
  std::vector<stream::ParameterSpec> specs;
  for (const v1::Parameter& parameter : manifest.parameters()) {
    stream::ParameterSpec& spec = specs.emplace_back();
    spec.minimum = parameter.minimum();
    spec.maximum = parameter.maximum();
    spec.value = spec.default_value = parameter.default_value();
    spec.smoothing_ms = parameter.smoothing_ms();
    spec.logarithmic = parameter.curve() == v1::CURVE_LOGARITHMIC;
    for (const v1::MacroTarget& target : parameter.targets()) {
      spec.targets.push_back(
          {static_cast<std::uint32_t>(model::FindParameter(manifest, target.parameter())),
           target.from(), target.to(), target.curve() == v1::CURVE_LOGARITHMIC});
    }
  }
  return specs;
}

}  // namespace continuo::runner
