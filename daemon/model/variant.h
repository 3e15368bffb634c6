// SPDX-License-Identifier: Apache-2.0
// Which of a model's variants runs for a given host.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "continuo/v1/model.pb.h"

namespace continuo::model {

struct VariantChoice {
  int index = 0;       // in manifest.variants
  std::string reason;  // "44100 Hz is the host's 88200 Hz divided by 2"
};

// By sample rate: the host's own; else the one whose whole multiple or divisor it is
// with the smallest ratio (cheap and clean to resample); else the nearest above,
// which loses nothing; else the highest. Of several at that rate, the one whose measured
// cost a frame is least; where not all have one, those of the fused executor before others,
// then the manifest's order. A host rate of 0 takes the first. The manifest has passed
// ValidateManifest.
[[nodiscard]] VariantChoice ChooseVariant(const v1::ModelManifest& manifest,
                                          std::uint32_t host_rate_hz);

// The executor module that runs it.
[[nodiscard]] inline const std::string& ExecutorOf(const v1::ModelManifest& manifest,
                                                   const v1::Variant& variant) {
  return variant.executor().empty() ? manifest.executor() : variant.executor();
}

// By id; null if there is none. Owned by the manifest.
[[nodiscard]] const v1::Variant* FindVariant(const v1::ModelManifest& manifest,
                                             std::string_view id);

}  // namespace continuo::model
