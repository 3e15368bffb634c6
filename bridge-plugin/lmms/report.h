// SPDX-License-Identifier: GPL-3.0-or-later
// What an effect did in its life, for those who have to prove that it was there.
#pragma once

#include "continuo_controls.h"

namespace continuo::fx
{

//! Appends one line of JSON to the file that $CONTINUO_REPORT names, if it names one  [main-thread]
void appendReport(const client::Stream& stream, const ContinuoControls& controls, quint32 sampleRate);

} // namespace continuo::fx
