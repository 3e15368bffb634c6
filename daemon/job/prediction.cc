// SPDX-License-Identifier: Apache-2.0
#include "daemon/job/prediction.h"

#include <algorithm>

namespace continuo::job {

std::uint64_t NextSeed(const v1::GenerateRequest& request) {
  return request.seed() + std::max(1U, request.candidates());
}

std::vector<v1::GenerateRequest> PredictNext(const v1::GenerateRequest& request,
                                             const Result& result,
                                             const v1::ModelManifest& manifest) {
  std::vector<v1::GenerateRequest> next;
  v1::GenerateRequest again = request;
  again.set_seed(NextSeed(request));
  again.set_priority(v1::JOB_PRIORITY_SPECULATIVE);
  again.clear_detached();
  again.clear_parent_record();
  next.push_back(again);
  const auto& tasks = manifest.notes().tasks();
  const bool varies = std::find(tasks.begin(), tasks.end(), "vary") != tasks.end();
  if (!varies || request.task() == v1::GENERATION_TASK_VARY || result.ranking.empty()) return next;
  const auto best = std::find_if(
      result.candidates.begin(), result.candidates.end(),
      [&](const auto& candidate) { return candidate.index() == result.ranking.front(); });
  if (best == result.candidates.end()) return next;
  v1::GenerateRequest variation;
  variation.set_task(v1::GENERATION_TASK_VARY);
  variation.set_model(request.model());
  variation.set_input(best->midi());
  variation.set_candidates(request.candidates());
  variation.set_seed(best->seed() + 1);
  variation.set_priority(v1::JOB_PRIORITY_SPECULATIVE);
  next.push_back(variation);
  return next;
}

}  // namespace continuo::job
