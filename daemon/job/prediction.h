// SPDX-License-Identifier: Apache-2.0
// What a musician is likely to ask for next.
// Pure functions.
#pragma once

#include <vector>

#include "continuo/v1/generation_service.pb.h"
#include "continuo/v1/model.pb.h"
#include "daemon/job/result_cache.h"

namespace continuo::job {

// The seed with which the same request is made once more: that after its last candidate's.
[[nodiscard]] std::uint64_t NextSeed(const v1::GenerateRequest& request);

// The likeliest first: the same once more, with the next seed; then a variation of the best
// candidate, where the model has that task. Speculative, and with nobody's record.
[[nodiscard]] std::vector<v1::GenerateRequest> PredictNext(const v1::GenerateRequest& request,
                                                           const Result& result,
                                                           const v1::ModelManifest& manifest);

}  // namespace continuo::job
