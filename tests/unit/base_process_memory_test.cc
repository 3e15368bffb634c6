// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/process_memory.h"

namespace continuo::base {
namespace {

TEST_CASE("ReadProcessMemory: memory that is touched is counted, and parts do not exceed the sum") {
  constexpr std::size_t kBytes = 64U << 20;
  const ProcessMemory before = ReadProcessMemory(::getpid());
  const std::vector<char> touched(kBytes, 1);
  const ProcessMemory after = ReadProcessMemory(::getpid());
  CHECK(before.resident_bytes > 0);
  CHECK(after.resident_bytes >= before.resident_bytes + kBytes / 2);
  CHECK(after.proportional_bytes > 0);
  CHECK(after.proportional_bytes <= after.resident_bytes);
  CHECK(touched.back() == 1);
}

TEST_CASE("MemoryGrowth: what stays and the most that there was meanwhile") {
  constexpr std::uint64_t kBytes = std::uint64_t{64} << 20;
  const int own = OpenOwnMemory();
  REQUIRE(own >= 0);
  MemoryGrowth growth;
  CHECK(growth.peak_bytes() == 0);
  // Whatever was the most before has to be passed for a peak to be seen.
  const std::vector<char> most(3 * kBytes, 1);
  growth.Begin(own);
  const std::vector<char> stays(kBytes, 1);
  { const std::vector<char> goes(2 * kBytes, 1); }
  CHECK(growth.resident_bytes() >= kBytes / 2);
  CHECK(growth.resident_bytes() <= 2 * kBytes);
  CHECK(growth.peak_bytes() >= 2 * kBytes);
  CHECK(growth.peak_bytes() >= growth.resident_bytes());
  CHECK(most.back() + stays.back() == 2);
  ::close(own);
}

TEST_CASE("ReadResidentBytes: as the rest says, and nothing of one that is gone") {
  const std::uint64_t resident = ReadResidentBytes(::getpid());
  CHECK(resident > ReadProcessMemory(::getpid()).resident_bytes / 2);
  CHECK(ReadResidentBytes(-1) == 0);
}

TEST_CASE("ReadProcessMemory: a process that is gone has none") {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(ReadProcessMemory(child).resident_bytes == 0);
  CHECK(ReadProcessMemory(child).proportional_bytes == 0);
}

TEST_CASE("Clock: monotonic time does not go back, and wall time is of this century") {
  const std::uint64_t first = MonotonicNs();
  CHECK(MonotonicNs() >= first);
  CHECK(WallMs() > 946'684'800'000);
}

}  // namespace
}  // namespace continuo::base
