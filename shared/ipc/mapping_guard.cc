// SPDX-License-Identifier: Apache-2.0
#include "shared/ipc/mapping_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "shared/ipc/mapping_guard_handler.h"
#include "shared/ipc/wakeup.h"

namespace continuo::ipc {
namespace {

using Range = MappingGuard::Range;

constexpr std::uint64_t kLookNs = 20'000;

// All zeros, so pages of it are taken as they are used.
constinit std::array<Range, MappingGuard::kMaxRanges> ranges{};
std::atomic<bool> installed{false};
struct sigaction before {};

// The C library's mmap is not promised to signal handlers, and ThreadSanitizer takes it for a write
// of this thread's to all of the range.
#if defined(SYS_mmap2)
constexpr long kMapCall = SYS_mmap2;
#else
constexpr long kMapCall = SYS_mmap;
#endif

bool PutZeroPagesOver(const Range& range) noexcept {
  constexpr long kAccess = PROT_READ | PROT_WRITE;
  constexpr long kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  return ::syscall(kMapCall, range.begin, range.bytes, kAccess, kFlags, -1L, 0L) != -1;
}

// True where the address may be touched again.
bool Mend(std::uintptr_t address) noexcept {
  for (Range& range : ranges) {
    if (range.state.load(std::memory_order_relaxed) != Range::kGuarded) continue;
    range.handlers.fetch_add(1);
    const bool found = range.state.load() == Range::kGuarded && address - range.begin < range.bytes;
    const bool mended = found && PutZeroPagesOver(range);
    if (mended) range.cut.store(true);
    range.handlers.fetch_sub(1);
    if (found) return mended;
  }
  return false;
}

void OnBusError(int /*signal*/, siginfo_t* info, void* /*context*/) {
  const int error = errno;
  const bool mended =
      info->si_code == BUS_ADRERR && Mend(reinterpret_cast<std::uintptr_t>(info->si_addr));
  if (!mended) {
    ::sigaction(SIGBUS, &before, nullptr);
    // A touch comes again when this returns, from where it was; what was sent does not, nor what
    // the kernel tells of a page before it is touched.
    if (info->si_code <= 0 || info->si_code == BUS_MCEERR_AO) ::raise(SIGBUS);
  }
  errno = error;
}

Range* TakeRange(void* begin, std::size_t bytes) noexcept {
  for (Range& range : ranges) {
    std::uint32_t free = Range::kFree;
    if (!range.state.compare_exchange_strong(free, Range::kTaken)) continue;
    range.begin = reinterpret_cast<std::uintptr_t>(begin);
    range.bytes = bytes;
    range.cut.store(false);
    range.state.store(Range::kGuarded);
    return &range;
  }
  return nullptr;
}

}  // namespace

void InstallMappingGuard() noexcept {
  if (installed.load()) return;
  struct sigaction action {};
  action.sa_sigaction = &OnBusError;
  action.sa_flags = SA_SIGINFO;
  installed.store(::sigaction(SIGBUS, &action, &before) == 0);
}

MappingGuard::MappingGuard(void* begin, std::size_t bytes) noexcept
    : range_(installed.load() ? TakeRange(begin, bytes) : nullptr) {}

MappingGuard::~MappingGuard() {
  if (range_ == nullptr) return;
  range_->state.store(Range::kTaken);
  while (range_->handlers.load() != 0) SleepOffline(kLookNs);
  range_->state.store(Range::kFree);
}

bool MappingGuard::refused() const noexcept { return range_ == nullptr && installed.load(); }

}  // namespace continuo::ipc
