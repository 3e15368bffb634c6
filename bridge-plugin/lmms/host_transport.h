// SPDX-License-Identifier: GPL-3.0-or-later
// Where the song stands, in the words of the segment.
#pragma once

#include "client_stream.h"

namespace continuo::fx
{

//! Begins to note where the song stands between two periods, once for all effects  [main-thread]
void followHostTransport();
//! The transport at the first frame of the block that LMMS is processing now  [audio-thread]
ipc::Transport hostTransport(int blockFrames);

} // namespace continuo::fx
