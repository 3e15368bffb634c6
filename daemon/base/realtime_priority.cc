// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/realtime_priority.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include <cerrno>

namespace continuo::base {
namespace {

constexpr rlim_t kSoftUs = 150'000;
constexpr rlim_t kHardUs = 200'000;

// The kernel moves the soft limit on each time it has signalled.
void SetSoftLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_RTTIME, &limit) != 0) return;
  limit.rlim_cur = kSoftUs;
  ::setrlimit(RLIMIT_RTTIME, &limit);
}

// The kernel picks the thread that has run too long.
void OnTooLong(int) {
  const int error = errno;
  SetFifoPriority(0, 0);
  SetSoftLimit();
  errno = error;
}

}  // namespace

int RealtimePriorityOf(pid_t thread) noexcept {
  sched_param parameters{};
  const int policy = ::sched_getscheduler(thread);
  if (policy < 0) return 0;
  const int bare = policy & ~SCHED_RESET_ON_FORK;
  if (bare != SCHED_FIFO && bare != SCHED_RR) return 0;
  return ::sched_getparam(thread, &parameters) == 0 ? parameters.sched_priority : 0;
}

bool SetFifoPriority(pid_t thread, int priority) noexcept {
  sched_param parameters{};
  parameters.sched_priority = priority;
  // Without leave the kernel refuses to take SCHED_RESET_ON_FORK back.
  const int policy = (priority > 0 ? SCHED_FIFO : SCHED_OTHER) | SCHED_RESET_ON_FORK;
  return ::sched_setscheduler(thread, policy, &parameters) == 0;
}

bool RaiseNice(pid_t thread) noexcept {
  constexpr int kNice = -11;  // as sound servers have it
  return ::setpriority(PRIO_PROCESS, static_cast<id_t>(thread), kNice) == 0;
}

void GuardRealtime(bool hard) {
  struct sigaction action {};
  action.sa_handler = &OnTooLong;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGXCPU, &action, nullptr);
  rlimit limit{};
  if (hard && ::getrlimit(RLIMIT_RTTIME, &limit) == 0 && limit.rlim_max > kHardUs) {
    limit = {kSoftUs, kHardUs};
    ::setrlimit(RLIMIT_RTTIME, &limit);
  }
  SetSoftLimit();
}

}  // namespace continuo::base
