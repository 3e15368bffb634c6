// SPDX-License-Identifier: Apache-2.0
// What an executor is told of a variant: the manifest's part of it, as plain values.
#pragma once

#include <absl/strings/numbers.h>

#include <string>

#include "continuo/v1/model.pb.h"
#include "daemon/executor/executor.h"
#include "daemon/model/package.h"
#include "daemon/model/parameters.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::runner {

// What a variant takes beside its audio, as the option "key_channels" of its manifest says: a key
// that it listens to. None where the option is missing, or no number.
[[nodiscard]] inline std::uint32_t KeyChannels(const v1::Variant& variant) {
  std::uint32_t channels = 0;
  const auto found = variant.options().find("key_channels");
  if (found == variant.options().end() || !absl::SimpleAtoi(found->second, &channels)) return 0;
  return channels <= ipc::kMaxChannels ? channels : 0;
}

[[nodiscard]] inline executor::LoadRequest ToLoadRequest(const v1::ModelManifest& manifest,
                                                         const std::string& directory,
                                                         const v1::Variant& variant) {
  executor::LoadRequest load;
  load.model_id = manifest.id();
  load.weights_path = model::PathIn(directory, variant.file());
  load.description.sample_rate_hz = variant.sample_rate_hz();
  load.description.input_channels = manifest.audio().input_channels() + KeyChannels(variant);
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
