// SPDX-License-Identifier: GPL-3.0-or-later
// The number of the period that LMMS processes now: the same for every effect in it, whichever
// thread calls and in whatever order. Counted from 1 by LMMS's own signal after each mix.
#pragma once

#include <QtGlobal>

namespace continuo::fx
{

//! Begins to count, once for all effects  [main-thread]
void countHostPeriods();
quint64 hostPeriod() noexcept; //!< [audio-thread]

} // namespace continuo::fx
