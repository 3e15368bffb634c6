// SPDX-License-Identifier: Apache-2.0
// The verbs about packages, one file each; they add themselves as those of context.h do.
#pragma once

#include "daemon/app/ctl/context.h"

namespace continuo::ctl {

void AddModelsInstall(CLI::App& models, Context& context);
void AddModelsVersions(CLI::App& models, Context& context);
void AddModelsCare(CLI::App& models, Context& context);
void AddModelsFit(CLI::App& models, Context& context);
void AddModelsOptimize(CLI::App& models, Context& context);
void AddCredits(CLI::App& app, Context& context);

}  // namespace continuo::ctl
