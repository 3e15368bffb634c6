// SPDX-License-Identifier: Apache-2.0
// A range of shared memory that its other end may cut short, and that must not end this process.
//
// Problem: who has a descriptor of a shared object can shorten it at any time, and then a touch
// beyond its new end is SIGBUS: the end of the process, with all that it does for others.
// Use: main() calls InstallMappingGuard() (mapping_guard_handler.h), and whoever maps an object
// holds a guard of the range.
// The handler looks the address up, puts zero pages of this process's own over the whole range and
// lets the touch go on; cut() tells of it. An address in no range, or a SIGBUS that was sent, goes
// to the handler that there was before, which stays in our place (nothing is guarded then), else it
// ends the process as ever.
// A library never installs it, as its host's signals are not its own; without a handler a guard
// is a null pointer.
// Alternative: a memfd can be sealed against it (F_SEAL_SHRINK), but has no name to be opened by,
// as clients of this ABI do, and gRPC hands on no descriptors. /proc/<pid>/fd would be one, but not
// to a confined runner, nor to a client in another container.
//
// Threads: guards come and go on any but an audio thread; the handler is on whichever touches.
// Real time: the handler looks at kMaxRanges places at most, with two atomic additions at each that
// is guarded, and makes one system call (mmap), which like any page fault may wait for the kernel's
// lock of the address space. It neither allocates nor locks, and takes no more stack than any
// signal. Once a stream, as it ends. cut() is a load.
//
// Lock-free: a range is free → taken → guarded → taken → free, by its owner alone. The handler
// counts itself in, and only then looks whether the range is guarded; the owner says that it is
// not, and only then looks whether anybody is counted in, and waits until nobody is. In one order
// of all (seq_cst) either the handler sees the owner's word, or the owner the handler. So when a
// guard has gone no handler puts anything over its range, whatever has that address by then. Two
// threads that touch at once may both put pages there: what either has written meanwhile is lost.
// Invariant: a guard goes before its range is unmapped.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace continuo::ipc {

class MappingGuard {
 public:
  static constexpr std::size_t kMaxRanges = 2048;  // a runner has 1024 streams at most

  // A whole mapping.
  MappingGuard(void* begin, std::size_t bytes) noexcept;
  // Nobody touches the range any more.
  ~MappingGuard();
  MappingGuard(const MappingGuard&) = delete;
  MappingGuard& operator=(const MappingGuard&) = delete;

  // There is a handler, but kMaxRanges are guarded already: this one is not.
  [[nodiscard]] bool refused() const noexcept;
  // [any-thread] What was in the range is gone: it is memory of this process alone.
  [[nodiscard]] bool cut() const noexcept {
    return range_ != nullptr && range_->cut.load(std::memory_order_relaxed);
  }

  struct Range {
    enum State : std::uint32_t { kFree, kTaken, kGuarded };
    std::atomic<std::uint32_t> state{kFree};
    std::atomic<std::uint32_t> handlers{0};  // counted in
    std::atomic<bool> cut{false};
    // Written while it is taken, read by handlers while it is guarded.
    std::uintptr_t begin = 0;
    std::size_t bytes = 0;
  };

 private:
  Range* const range_;
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
static_assert(std::atomic<bool>::is_always_lock_free);

}  // namespace continuo::ipc
