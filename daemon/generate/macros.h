// SPDX-License-Identifier: Apache-2.0
// The high-level knobs of a request: each moves several fields that are left open.
#pragma once

#include <absl/status/status.h>

#include "continuo/v1/generation_service.pb.h"
#include "daemon/generate/sampler.h"

namespace continuo::generate {

// INVALID_ARGUMENT for a macro that is none, or outside 0 to 1.
[[nodiscard]] absl::Status CheckMacros(const v1::GenerateRequest& request);

// Decides what macros say of density, temperature, top_p, variation and scale, where `request`
// leaves them open; at 0.5 each is what it would be without. "swing" and "human" become
// transforms where `add_transforms` and none of the request's own quantises, or humanises.
// Of a request that CheckMacros() accepts.
void ApplyMacros(const SamplerOptions& defaults, bool add_transforms, v1::GenerateRequest* request);

}  // namespace continuo::generate
