// SPDX-License-Identifier: Apache-2.0
// Which variants are worth a try, and which of those that were tried are worth keeping.
// Threads: [any-thread]; pure functions.
#pragma once

#include <string>
#include <vector>

#include "continuo/v1/fit_service.pb.h"

namespace continuo::fit {

// A variant to be made.
struct Making {
  std::string id;        // of no variant that there is
  std::string original;  // that it is made of
  v1::Precision precision = v1::PRECISION_UNSPECIFIED;
  double prune = 0;
};

// For each rate of the first variant that the fused executor runs: in the precisions of the
// request, else in those that are smaller than what is stored, and in fp32 where that is stored as
// text. Each share to be pruned is tried in the smallest of them.
[[nodiscard]] std::vector<Making> PlanMakings(const v1::ModelManifest& manifest,
                                              const v1::OptimizeModelRequest& request);

// The variant that others for its rate are compared with: the first that came with the package.
[[nodiscard]] const v1::Variant& OriginalFor(const v1::ModelManifest& manifest,
                                             const v1::Variant& variant);

// Within the stated error, and a tenth faster or smaller than the original.
[[nodiscard]] bool IsWorthKeeping(const v1::VariantFigures& made,
                                  const v1::VariantFigures& original);

}  // namespace continuo::fit
