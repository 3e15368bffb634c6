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
  SetFifoPriority(::pthread_self(), 0);
  SetSoftLimit();
  errno = error;
}

}  // namespace

int FifoPriorityOf(pthread_t thread) noexcept {
  sched_param parameters{};
  int policy = SCHED_OTHER;
  if (::pthread_getschedparam(thread, &policy, &parameters) != 0) return 0;
  return (policy & ~SCHED_RESET_ON_FORK) == SCHED_FIFO ? parameters.sched_priority : 0;
}

bool SetFifoPriority(pthread_t thread, int priority) noexcept {
  sched_param parameters{};
  parameters.sched_priority = priority;
  // Without leave the kernel refuses to take SCHED_RESET_ON_FORK back.
  const int policy = (priority > 0 ? SCHED_FIFO : SCHED_OTHER) | SCHED_RESET_ON_FORK;
  return ::pthread_setschedparam(thread, policy, &parameters) == 0;
}

void GuardRealtime(bool hard) {
  struct sigaction action {};
  action.sa_handler = &OnTooLong;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGXCPU, &action, nullptr);
  rlimit limit{};
  if (hard && ::getrlimit(RLIMIT_RTTIME, &limit) == 0 && limit.rlim_max > kHardUs) {
    limit.rlim_max = kHardUs;
    ::setrlimit(RLIMIT_RTTIME, &limit);
  }
  SetSoftLimit();
}

}  // namespace continuo::base
