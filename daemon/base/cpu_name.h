// SPDX-License-Identifier: Apache-2.0
// What the processor calls itself, for people.
#pragma once

#include <string>

namespace continuo::base {

// From /proc/cpuinfo; "an unnamed processor" where there is none.
[[nodiscard]] std::string CpuName();

}  // namespace continuo::base
