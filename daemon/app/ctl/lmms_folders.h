// SPDX-License-Identifier: Apache-2.0
// Where LMMS lies on this machine, and where it keeps what is the user's.
#pragma once

#include <string>

#include "shared/project/samples.h"

namespace continuo::ctl {

// The program, as the PATH has it; empty: there is none.
[[nodiscard]] std::string FindLmms();

// With projects/, samples/ and plugins/ in it, as LMMS's own settings have it.
[[nodiscard]] std::string LmmsWorkingFolder();

[[nodiscard]] project::SampleFolders LmmsSampleFolders();

}  // namespace continuo::ctl
