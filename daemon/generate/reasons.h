// SPDX-License-Identifier: Apache-2.0
// Figures in a musician's words.
#pragma once

#include <string>
#include <string_view>

#include "daemon/generate/quantiles.h"

namespace continuo::generate {

// "sparser than 95 % of the songs it is judged by"; where `value` is near their median, "typical
// in density". A figure without words of its own is told by its name.
[[nodiscard]] std::string InWords(std::string_view metric, const Quantiles& reference,
                                  double value);

}  // namespace continuo::generate
