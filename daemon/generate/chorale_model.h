// SPDX-License-Identifier: Apache-2.0
// What a chorale model's weights say of themselves, checked: they come from outside.
#pragma once

#include <absl/status/statusor.h>

#include "daemon/executor/decoder.h"
#include "daemon/generate/chorale_voices.h"
#include "daemon/generate/sampler.h"

namespace continuo::generate::chorale {

struct ModelFacts {
  Ranges ranges{};
  SamplerOptions sampler;
  double penalty = 0;  // nats a breach of voice leading costs; 0: the rules are off
};

// INVALID_ARGUMENT that names the key of the metadata, or the field whose size is another.
[[nodiscard]] absl::StatusOr<ModelFacts> ReadModelFacts(const executor::DecoderShape& shape);

}  // namespace continuo::generate::chorale
