// SPDX-License-Identifier: Apache-2.0
// What an executor is told of a variant: the manifest's part of it, as plain values.
#pragma once

#include <string>

#include "continuo/v1/model.pb.h"
#include "daemon/executor/executor.h"
#include "daemon/model/package.h"
#include "daemon/model/parameters.h"

namespace continuo::runner {

[[nodiscard]] inline executor::LoadRequest ToLoadRequest(const v1::ModelManifest& manifest,
                                                         const std::string& directory,
                                                         const v1::Variant& variant) {
  executor::LoadRequest load;
  load.model_id = manifest.id();
  load.weights_path = model::PathIn(directory, variant.file());
  load.description.sample_rate_hz = variant.sample_rate_hz();
  load.description.input_channels = manifest.audio().input_channels();
  load.description.output_channels = manifest.audio().output_channels();
  load.description.latency_frames = manifest.audio().latency_frames();
  load.description.maximum_block_frames = manifest.audio().maximum_block_frames();
  for (const v1::Parameter& parameter : manifest.parameters()) {
    if (!model::IsMacro(parameter)) load.parameter_ids.push_back(parameter.id());
  }
  load.options.insert(variant.options().begin(), variant.options().end());
  return load;
}

}  // namespace continuo::runner
