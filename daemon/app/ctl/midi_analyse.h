// SPDX-License-Identifier: Apache-2.0
// continuoctl midi analyse and midi reference: what songs measure, and the set of such figures
// by which a model's songs are judged. Neither needs a daemon.
#pragma once

#include <CLI/App.hpp>

#include "daemon/app/ctl/context.h"

namespace continuo::ctl {

void AddMidiAnalyse(CLI::App& midi, Context& context);

}  // namespace continuo::ctl
