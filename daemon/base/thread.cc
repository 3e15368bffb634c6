// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "daemon/base/str_cat.h"

#if defined(__SSE__)
#include <immintrin.h>
#endif

namespace continuo::base {
namespace {

bool TryFifo(int priority) {
  sched_param parameters{};
  parameters.sched_priority = priority;
  return ::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameters) == 0;
}

std::string LimitInWords(rlim_t limit) {
  return limit == RLIM_INFINITY ? "unlimited" : StrCat(limit);
}

// Raises the soft limit to the hard one, and that to `wanted` where we may.
rlim_t RaiseLimit(__rlimit_resource resource, rlim_t wanted) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return 0;
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  const rlimit most{wanted, std::max(wanted, limit.rlim_max)};
  const rlimit soft{std::min(wanted, limit.rlim_max), limit.rlim_max};
  if (::setrlimit(resource, &most) == 0) return most.rlim_cur;
  return ::setrlimit(resource, &soft) == 0 ? soft.rlim_cur : limit.rlim_cur;
}

}  // namespace

void NameThread(std::string_view name) {
  ::pthread_setname_np(::pthread_self(), std::string(name.substr(0, kMaxThreadName)).c_str());
}

void LowerPriority() {
  // Of the calling thread alone: to Linux a thread id is a process id here.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kBackgroundNice);
}

void BindToCore(std::uint32_t core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (core > 0 && core <= CPU_SETSIZE) {
    CPU_SET(core - 1, &cores);
    if (::sched_setaffinity(0, sizeof cores, &cores) == 0) return;
  }
  // The process's own: its first thread is bound to none.
  if (::sched_getaffinity(::getpid(), sizeof cores, &cores) == 0) {
    ::sched_setaffinity(0, sizeof cores, &cores);
  }
}

std::string RaisePriority(int priority) {
  if (priority <= 0) return "SCHED_OTHER (real-time priority is off)";
  priority = std::clamp(priority, ::sched_get_priority_min(SCHED_FIFO),
                        ::sched_get_priority_max(SCHED_FIFO));
  if (TryFifo(priority)) return StrCat("SCHED_FIFO ", priority);
  if (errno != EPERM) return StrCat("SCHED_OTHER (", std::strerror(errno), ")");

  const rlim_t allowed = RaiseLimit(RLIMIT_RTPRIO, static_cast<rlim_t>(priority));
  const int possible = static_cast<int>(std::min<rlim_t>(allowed, static_cast<rlim_t>(priority)));
  if (possible > 0 && TryFifo(possible)) {
    if (possible == priority) return StrCat("SCHED_FIFO ", priority);
    return StrCat("SCHED_FIFO ", possible, " (asked for ", priority, ", RLIMIT_RTPRIO is ",
                  LimitInWords(allowed), ")");
  }
  return StrCat("SCHED_OTHER (no permission: RLIMIT_RTPRIO is ", LimitInWords(allowed),
                possible > 0 ? ", yet the kernel or its container refuses)"
                             : "; raise it in /etc/security/limits.d)");
}

absl::Status LockMemory() {
  // With a finite limit mlockall() may succeed now and every later allocation
  // beyond the limit fail: not worth it.
  const rlim_t limit = RaiseLimit(RLIMIT_MEMLOCK, RLIM_INFINITY);
  if (limit != RLIM_INFINITY) {
    return absl::ResourceExhaustedError(
        StrCat("memory is not locked: RLIMIT_MEMLOCK is ", limit,
               " bytes; set it to unlimited in /etc/security/limits.d"));
  }
  // ONFAULT: what is touched stays. All that LibTorch maps would be 0.5 GB.
  if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
    return absl::ErrnoToStatus(errno, "memory is not locked");
  }
  return absl::OkStatus();
}

void FlushDenormals() noexcept {
#if defined(__SSE__)
  constexpr unsigned kFlushToZero = 0x8000;
  constexpr unsigned kDenormalsAreZero = 0x0040;
  _mm_setcsr(_mm_getcsr() | kFlushToZero | kDenormalsAreZero);
#elif defined(__aarch64__)
  constexpr std::uint64_t kFlushToZero = std::uint64_t{1} << 24;
  std::uint64_t control = 0;
  asm volatile("mrs %0, fpcr" : "=r"(control));
  asm volatile("msr fpcr, %0" : : "r"(control | kFlushToZero));
#endif
}

}  // namespace continuo::base
