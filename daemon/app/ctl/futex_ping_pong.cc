// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/futex_ping_pong.h"

#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <new>
#include <string>

#include "daemon/app/ctl/failure.h"

namespace continuo::ctl {
namespace {

// The ping that asks the child to end.
constexpr std::uint32_t kEnd = 0xFFFFFFFF;

void Wake(std::atomic<std::uint32_t>& word) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

// Sleeps while `word` is `value`; false after a second.
bool Wait(std::atomic<std::uint32_t>& word, std::uint32_t value) noexcept {
  const timespec second{1, 0};
  while (word.load(std::memory_order_acquire) == value) {
    const long result = syscall(SYS_futex, &word, FUTEX_WAIT, value, &second, nullptr, 0);
    if (result != 0 && errno == ETIMEDOUT) return false;
  }
  return true;
}

}  // namespace

FutexPingPong::FutexPingPong() {
  void* const memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw Failed(std::string("futex baseline: ") + std::strerror(errno));
  shared_ = new (memory) Shared{};
  const pid_t parent = getpid();
  child_ = fork();
  if (child_ == 0) Answer(*shared_, parent);
  if (child_ < 0) {
    munmap(shared_, sizeof(Shared));
    throw Failed(std::string("futex baseline: ") + std::strerror(errno));
  }
}

FutexPingPong::~FutexPingPong() {
  shared_->ping.store(kEnd, std::memory_order_release);
  Wake(shared_->ping);
  waitpid(child_, nullptr, 0);
  munmap(shared_, sizeof(Shared));
}

void FutexPingPong::Answer(Shared& shared, pid_t parent) noexcept {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);  // it ended before the line above
  std::uint32_t seen = 0;
  for (;;) {
    if (!Wait(shared.ping, seen)) continue;
    seen = shared.ping.load(std::memory_order_acquire);
    if (seen == kEnd) _exit(0);
    shared.pong.store(seen, std::memory_order_release);
    Wake(shared.pong);
  }
}

bool FutexPingPong::RoundTrip() noexcept {
  const std::uint32_t before = shared_->pong.load(std::memory_order_relaxed);
  // Counts, but never to kEnd.
  shared_->ping.store((before + 1) & 0x7FFFFFFF, std::memory_order_release);
  Wake(shared_->ping);
  return Wait(shared_->pong, before);
}

bool FutexPingPong::SetChildPriority(int priority) noexcept {
  sched_param parameter{};
  parameter.sched_priority = priority;
  return sched_setscheduler(child_, priority > 0 ? SCHED_FIFO : SCHED_OTHER, &parameter) == 0;
}

}  // namespace continuo::ctl
