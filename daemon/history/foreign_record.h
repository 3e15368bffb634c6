// SPDX-License-Identifier: Apache-2.0
// A record that was made elsewhere: whether it can be one of this history.
//
// Problem: whoever hands a song on has chosen every byte of its recipes. What is taken in is shown
// in terminals, searched, and sent to models as one's own.
#pragma once

#include <absl/status/status.h>

#include "continuo/v1/history_service.pb.h"

namespace continuo::history {

// Whole, and within what a record of ours may be: ids, times, texts without control characters,
// finite numbers, a request that any model takes, candidates that are Standard MIDI Files, and no
// field that this version does not know. INVALID_ARGUMENT names the field.
[[nodiscard]] absl::Status CheckForeign(const v1::HistoryRecord& record);

}  // namespace continuo::history
