// SPDX-License-Identifier: Apache-2.0
// The verb about memory; it adds itself as those of context.h do.
#pragma once

#include "daemon/app/ctl/context.h"

namespace continuo::ctl {

void AddMemory(CLI::App& app, Context& context);

}  // namespace continuo::ctl
