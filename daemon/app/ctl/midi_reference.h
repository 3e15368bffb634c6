// SPDX-License-Identifier: Apache-2.0
// continuoctl midi reference: the set of figures by which a model's songs are judged. No daemon is
// needed.
#pragma once

#include <CLI/App.hpp>

#include "daemon/app/ctl/context.h"

namespace continuo::ctl {

void AddMidiReference(CLI::App& midi, Context& context);

}  // namespace continuo::ctl
