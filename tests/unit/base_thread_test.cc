// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <limits>
#include <thread>

#include "daemon/base/thread.h"

namespace continuo::base {
namespace {

TEST_CASE("NameThread: a long name is cut to what the system takes") {
  char name[32] = {};
  std::thread([&name] {
    NameThread("continuo-audio-thread");
    ::pthread_getname_np(::pthread_self(), name, sizeof name);
  }).join();
  CHECK(std::string(name) == "continuo-audio-");
}

TEST_CASE("RaisePriority: the words say what the thread has") {
  std::string words;
  int policy = -1;
  sched_param parameters{};
  std::thread([&] {
    words = RaisePriority(5);
    policy = ::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
    ::sched_getparam(0, &parameters);
  }).join();
  if (policy == SCHED_FIFO) {
    CHECK_THAT(words, Catch::StartsWith("SCHED_FIFO " + std::to_string(parameters.sched_priority)));
    CHECK(parameters.sched_priority <= 5);
  } else {
    CHECK(policy == SCHED_OTHER);
    CHECK_THAT(words, Catch::StartsWith("SCHED_OTHER (no permission: RLIMIT_RTPRIO is "));
  }
}

TEST_CASE("RaisePriority: 0 leaves the thread as it is") {
  CHECK(RaisePriority(0) == "SCHED_OTHER (real-time priority is off)");
  CHECK(::sched_getscheduler(0) == SCHED_OTHER);
}

std::size_t LockedKilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kilobytes = 0;
    if (word == "VmLck:" && status >> kilobytes) return kilobytes;
  }
  return 0;
}

TEST_CASE("LockMemory: memory is locked exactly where it says so") {
  const pid_t child = ::fork();  // locking is for good
  if (child == 0) ::_exit(LockMemory().ok() == (LockedKilobytes() > 0) ? 0 : 1);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("FlushDenormals: a denormal result becomes 0") {
  volatile float smallest = std::numeric_limits<float>::min();
  float before = 0;
  float after = -1;
  std::thread([&] {
    before = smallest * 0.5F;
    FlushDenormals();
    after = smallest * 0.5F;
  }).join();
  CHECK(before > 0);
#if defined(__SSE__) || defined(__aarch64__)
  CHECK(after == 0);
#else
  CHECK(after == before);
#endif
}

}  // namespace
}  // namespace continuo::base
