// SPDX-License-Identifier: Apache-2.0
// Real-time priority from RTKit, the service of desktop systems that gives it to programs
// whose own limits do not.
//
// Source: org.freedesktop.RealtimeKit1 on the system bus, MakeThreadRealtime(thread, priority).
// It wants RLIMIT_RTTIME to be set, and gives no more than MaxRealtimePriority.
// Threads: any but an audio thread: waits for the bus, kPatience at most a call, and for others
// that ask.
// Errors: UNAVAILABLE where there is no bus or no service; PERMISSION_DENIED with its words.
#pragma once

#include <absl/status/status.h>
#include <sys/types.h>

namespace continuo::runner {

// Reaches for the bus, which a process that may open no socket any more cannot; nothing happens
// where there is none. Without it MakeThreadRealtime() reaches for it itself.
void OpenRealtimeKit();

// For a thread of this process, by its number in the system.
[[nodiscard]] absl::Status MakeThreadRealtime(pid_t thread, int priority);

}  // namespace continuo::runner
