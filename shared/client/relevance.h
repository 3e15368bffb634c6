// SPDX-License-Identifier: Apache-2.0
// Which parameters matter as the others stand, so that a panel can leave the rest out.
#pragma once

#include <vector>

#include "shared/client/stream.h"

namespace continuo::client {

// One a parameter: whether its conditions hold, and those of the parameters that they ask.
// `values`: one a parameter. A condition on what is not among `parameters` holds: better a knob
// too many than one that nobody can reach. [any-thread]
[[nodiscard]] std::vector<bool> IsRelevant(const std::vector<ParameterInfo>& parameters,
                                           const std::vector<float>& values);

}  // namespace continuo::client
