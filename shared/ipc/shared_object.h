// SPDX-License-Identifier: Apache-2.0
// A POSIX shared memory object by name: made, mapped, removed.
// Threads: any but an audio thread. Errors: SegmentError, and nothing is left behind.
#pragma once

#include <boost/interprocess/mapped_region.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "shared/ipc/mapping_guard.h"
#include "shared/ipc/segment_error.h"

namespace continuo::ipc {

// One that is mapped: in a process that guards its mappings a touch is never SIGBUS.
class SharedMapping {
 public:
  explicit SharedMapping(boost::interprocess::mapped_region region)
      : region_(std::move(region)), guard_(region_.get_address(), region_.get_size()) {}

  [[nodiscard]] void* address() const noexcept { return region_.get_address(); }
  [[nodiscard]] std::uint64_t size() const noexcept { return region_.get_size(); }
  [[nodiscard]] const MappingGuard& guard() const noexcept { return guard_; }

 private:
  const boost::interprocess::mapped_region region_;
  const MappingGuard guard_;  // goes first
};

// Mode 0600, all pages reserved: a full /dev/shm is an error here and not a SIGBUS later.
SegmentError CreateSharedObject(const std::string& name, std::uint64_t bytes,
                                std::unique_ptr<SharedMapping>* mapping);
// What another process made, of at least this size.
SegmentError OpenSharedObject(const std::string& name, std::uint64_t least_bytes,
                              boost::interprocess::mode_t mode,
                              std::unique_ptr<SharedMapping>* mapping);
// A page fault on an audio thread costs a period now and then: takes them all here. For what has
// been found to be of the size that it should be.
void FaultInPages(const SharedMapping& mapping) noexcept;
// Removes the name; mappings stay. True if there was one.
bool RemoveSharedObject(const std::string& name) noexcept;

}  // namespace continuo::ipc
