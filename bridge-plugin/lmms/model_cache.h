// SPDX-License-Identifier: GPL-3.0-or-later
// What the daemon told last of its models, on disk: LMMS asks for a list at once, and the daemon may
// still have to start. Threads: [main-thread].
#pragma once

#include "model_entry.h"

namespace continuo::fx
{

//! Empty where there is none that can be read
QVector<ModelEntry> readModelCache();

//! As a whole or not at all; where it cannot be written, the next LMMS has to wait for the daemon
void writeModelCache(const QVector<ModelEntry>& models);

} // namespace continuo::fx
