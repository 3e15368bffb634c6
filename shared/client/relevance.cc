// SPDX-License-Identifier: Apache-2.0
#include "shared/client/relevance.h"

#include <algorithm>
#include <cstddef>

namespace continuo::client {

std::vector<bool> IsRelevant(const std::vector<ParameterInfo>& parameters,
                             const std::vector<float>& values) {
  std::vector<bool> relevant(parameters.size(), true);
  const auto holds = [&](const Condition& condition) {
    const auto asked =
        std::find_if(parameters.begin(), parameters.end(),
                     [&](const ParameterInfo& one) { return one.id == condition.parameter; });
    if (asked == parameters.end()) return true;
    const auto at = static_cast<std::size_t>(asked - parameters.begin());
    return relevant[at] && values[at] >= condition.minimum && values[at] <= condition.maximum;
  };
  // Each round goes one step further along what asks what; it ends, for nothing becomes true.
  bool changed = true;
  while (changed) {
    changed = false;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const auto& conditions = parameters[i].conditions;
      if (!relevant[i] || std::all_of(conditions.begin(), conditions.end(), holds)) continue;
      relevant[i] = false;
      changed = true;
    }
  }
  return relevant;
}

}  // namespace continuo::client
