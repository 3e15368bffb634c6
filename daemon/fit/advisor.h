// SPDX-License-Identifier: Apache-2.0
// Answers of FitService that measure nothing but the machine: verdicts, tables, recommendations,
// and the choice of a variant.
// Threads: [any-thread] that may wait: for the benchmark the first time, and for an index.
// Errors: NOT_FOUND names what there is; INVALID_ARGUMENT the field.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "daemon/fit/assess.h"
#include "daemon/fit/figures.h"
#include "daemon/model/store.h"
#include "daemon/repository/repository.h"

namespace continuo::fit {

class Advisor {
 public:
  // All outlive this object.
  Advisor(model::ModelStore* store, repository::Repository* repository, Figures* figures,
          const Limits& limits = {});

  [[nodiscard]] absl::StatusOr<v1::AssessModelsResponse> Assess(
      const v1::AssessModelsRequest& request, const Cancelled& cancelled);
  [[nodiscard]] absl::StatusOr<v1::CompareModelsResponse> Compare(
      const v1::CompareModelsRequest& request, const Cancelled& cancelled);
  [[nodiscard]] absl::StatusOr<v1::RecommendModelsResponse> Recommend(
      const v1::RecommendModelsRequest& request, const Cancelled& cancelled);
  [[nodiscard]] absl::StatusOr<v1::ChooseVariantResponse> Choose(
      const v1::ChooseVariantRequest& request);

 private:
  [[nodiscard]] Subject Installed(const std::shared_ptr<const model::Package>& package);
  // Of each id the version that is used.
  [[nodiscard]] std::vector<Subject> AllInstalled();
  [[nodiscard]] absl::StatusOr<std::vector<Subject>> Offered(const std::string& id,
                                                             bool all_versions,
                                                             const Cancelled& cancelled);
  [[nodiscard]] absl::StatusOr<Subject> Find(const v1::ModelName& name, const Cancelled& cancelled);

  model::ModelStore* const store_;
  repository::Repository* const repository_;
  Figures* const figures_;
  const Limits limits_;
};

}  // namespace continuo::fit
