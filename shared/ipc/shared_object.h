// SPDX-License-Identifier: Apache-2.0
// A POSIX shared memory object by name: made, mapped, removed.
// Threads: any but an audio thread. Errors: SegmentError, and nothing is left behind.
#pragma once

#include <boost/interprocess/mapped_region.hpp>
#include <cstdint>
#include <string>

#include "shared/ipc/segment_error.h"

namespace continuo::ipc {

// Mode 0600, all pages reserved: a full /dev/shm is an error here and not a SIGBUS later.
SegmentError CreateSharedObject(const std::string& name, std::uint64_t bytes,
                                boost::interprocess::mapped_region* region);
// What another process made, of at least this size.
SegmentError OpenSharedObject(const std::string& name, std::uint64_t least_bytes,
                              boost::interprocess::mode_t mode,
                              boost::interprocess::mapped_region* region);
// A page fault on an audio thread costs a period now and then: takes them all here. For what has
// been found to be of the size that it should be.
void FaultInPages(const boost::interprocess::mapped_region& region) noexcept;
// Removes the name; mappings stay. True if there was one.
bool RemoveSharedObject(const std::string& name) noexcept;

}  // namespace continuo::ipc
