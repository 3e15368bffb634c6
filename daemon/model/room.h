// SPDX-License-Identifier: Apache-2.0
// Whether the disk has room for what is to be written.
// Problem: a disk that is full in the middle of a package has cost the user the time, and often
// everything else on the machine its room, too.
// Threads: [any-thread].
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <string>

#include "continuo/v1/model.pb.h"

namespace continuo::model {

// RESOURCE_EXHAUSTED with both figures where `directory`, or the first above it that exists, has
// less than `bytes` to give and some to spare. OK where the system does not say: writing will tell.
[[nodiscard]] absl::Status CheckRoom(const std::string& directory, std::uint64_t bytes);

// Of a package on the disk, as its manifest lists it, in bytes.
[[nodiscard]] std::uint64_t SizeOfFiles(const v1::ModelManifest& manifest);

}  // namespace continuo::model
