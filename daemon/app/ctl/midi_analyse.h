// SPDX-License-Identifier: Apache-2.0
// continuoctl midi analyse: what songs measure, and how good they are for their kind. No daemon is
// needed.
#pragma once

#include <CLI/App.hpp>

#include "daemon/app/ctl/context.h"

namespace continuo::ctl {

void AddMidiAnalyse(CLI::App& midi, Context& context);

}  // namespace continuo::ctl
