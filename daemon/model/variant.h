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
// which loses nothing; else the highest. Of several at that rate `wish`, an id; else, of those
// within the stated error, the one whose measured cost a frame is least; of those within 10 % of
// that, which is no difference, the one with the least error, then the manifest's order. Where not
// all have a cost, those of the fused executor go before others, then the manifest's order. A host
// rate of 0 takes the first of an effect. A wish for another rate is met by a variant of the same
// precision, executor and options, if there is one. The manifest has passed ValidateManifest.
[[nodiscard]] VariantChoice ChooseVariant(const v1::ModelManifest& manifest,
                                          std::uint32_t host_rate_hz, std::string_view wish = {});

// The greatest error that a variant may have to be chosen by itself: what the manifest says, else
// 0.001 of full scale of an effect, 0.05 of a logit of a model that writes notes.
[[nodiscard]] double StatedErrorOf(const v1::ModelManifest& manifest);

// "fp16"; empty where it is not stated.
[[nodiscard]] std::string_view PrecisionName(v1::Precision precision);

// The executor module that runs it.
[[nodiscard]] inline const std::string& ExecutorOf(const v1::ModelManifest& manifest,
                                                   const v1::Variant& variant) {
  return variant.executor().empty() ? manifest.executor() : variant.executor();
}

// By id; null if there is none. Owned by the manifest.
[[nodiscard]] const v1::Variant* FindVariant(const v1::ModelManifest& manifest,
                                             std::string_view id);

}  // namespace continuo::model
