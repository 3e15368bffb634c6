// SPDX-License-Identifier: Apache-2.0
// Names of stream segments and key buses: continuo-<uid>-<pid of the daemon>-<random>. The name
// says whose it is, so that a later daemon can remove what one before it left behind. Threads:
// [any-thread].
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>

#include "shared/ipc/key_bus.h"
#include "shared/ipc/segment.h"

namespace continuo::supervisor {

// Makes a segment and gives its name; it is mapped for that moment alone, as what a client can
// truncate is read like a file (stream_meter.h). RESOURCE_EXHAUSTED tells what /dev/shm has and
// what was needed.
[[nodiscard]] absl::StatusOr<std::string> CreateSegment(const ipc::Geometry& geometry);
[[nodiscard]] absl::StatusOr<std::string> CreateKeyBus(const ipc::KeyBusFormat& format);

// Removes those of this user whose daemon is no more; returns how many.
int SweepSegments();

}  // namespace continuo::supervisor
