// SPDX-License-Identifier: Apache-2.0
// Which models to take for a task: how they run here, how good they are, and what one may do with
// them, each in words.
//
// Score: half for how it runs here (what is left of a core; less where it is pipelined or not
// known), three tenths for quality (among those whose makers give the same measure; the middle
// where none is given), two tenths for the licence (open, duties, not known), and a little for
// being installed. Of one id the installed version alone is looked at, where there is one. Threads:
// [any-thread]; pure functions.
#pragma once

#include <absl/status/statusor.h>

#include <vector>

#include "daemon/fit/assess.h"

namespace continuo::fit {

// INVALID_ARGUMENT names the tasks where the one that is asked for is none.
[[nodiscard]] absl::StatusOr<v1::RecommendModelsResponse> Recommend(
    const v1::RecommendModelsRequest& request, const std::vector<Subject>& subjects,
    const v1::Machine& machine, const Limits& limits = {});

}  // namespace continuo::fit
