// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/memory/pressure.h"
#include "tests/unit/temporary_directory.h"

namespace continuo::memory {
namespace {

constexpr std::uint64_t kKiB = 1024;

// A machine of 8 GB, half of it available, in no group.
void MakeMachine(const TemporaryDirectory& root) {
  WriteFile(root / "proc/meminfo",
            "MemTotal:        8000000 kB\nMemFree: 1 kB\nMemAvailable:    4000000 kB\n");
  WriteFile(root / "proc/self/cgroup", "0::/\n");
}

void SetStalled(const TemporaryDirectory& root, const std::string& file,
                const std::string& average) {
  WriteFile(root / file, "some avg10=" + average +
                             " avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 "
                             "avg300=0.00 total=0\n");
}

TEST_CASE("Pressure: a machine at ease is not short, and tells whether it has PSI") {
  const TemporaryDirectory root;
  MakeMachine(root);
  CHECK_FALSE(ReadPressure(root.path()).psi);
  CHECK_FALSE(ReadPressure(root.path()).short_of);
  SetStalled(root, "proc/pressure/memory", "1.50");
  const Pressure read = ReadPressure(root.path());
  CHECK(read.psi);
  CHECK(read.stalled == Approx(0.015));
  CHECK_FALSE(read.short_of);
  CHECK(read.available_bytes == 4000000 * kKiB);
}

TEST_CASE("Pressure: tasks that wait for memory are a sign, of the machine or of the group") {
  const TemporaryDirectory root;
  MakeMachine(root);
  SetStalled(root, "proc/pressure/memory", "14.20");
  CHECK(ReadPressure(root.path()).reason == "tasks waited for memory for 14 % of the last 10 s");
  SetStalled(root, "proc/pressure/memory", "0.00");
  WriteFile(root / "proc/self/cgroup", "0::/box\n");
  SetStalled(root, "sys/fs/cgroup/box/memory.pressure", "30.00");
  CHECK(ReadPressure(root.path()).short_of);
}

TEST_CASE("Pressure: a group that is full is a sign, file pages not counted") {
  const TemporaryDirectory root;
  MakeMachine(root);
  WriteFile(root / "proc/self/cgroup", "0::/a/b\n");
  WriteFile(root / "sys/fs/cgroup/a/b/memory.max", "max\n");
  WriteFile(root / "sys/fs/cgroup/a/memory.max", "1048576000\n");
  WriteFile(root / "sys/fs/cgroup/a/memory.current", "1040000000\n");
  WriteFile(root / "sys/fs/cgroup/a/memory.stat", "anon 5\ninactive_file 400000000\n");
  CHECK(ReadPressure(root.path()).group_used_bytes == 640000000);
  CHECK_FALSE(ReadPressure(root.path()).short_of);
  WriteFile(root / "sys/fs/cgroup/a/memory.stat", "anon 5\ninactive_file 4000\n");
  CHECK(ReadPressure(root.path()).reason == "the control group holds 992 MiB of its 1000 MiB");
  CHECK(UsableMemory(root.path()) == 1048576000);
}

TEST_CASE("Pressure: a group of version 1 counts too") {
  const TemporaryDirectory root;
  MakeMachine(root);
  WriteFile(root / "proc/self/cgroup", "4:memory:/box\n0::/\n");
  WriteFile(root / "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  WriteFile(root / "sys/fs/cgroup/memory/box/memory.limit_in_bytes", "1073741824\n");
  WriteFile(root / "sys/fs/cgroup/memory/box/memory.usage_in_bytes", "1073741824\n");
  WriteFile(root / "sys/fs/cgroup/memory/box/memory.stat", "total_inactive_file 0\n");
  CHECK(ReadPressure(root.path()).short_of);
  CHECK(UsableMemory(root.path()) == 1073741824);
}

TEST_CASE("Pressure: a machine that has next to nothing left is short") {
  const TemporaryDirectory root;
  MakeMachine(root);
  CHECK(UsableMemory(root.path()) == 8000000 * kKiB);
  WriteFile(root / "proc/meminfo", "MemTotal:  8000000 kB\nMemAvailable:  300000 kB\n");
  CHECK(ReadPressure(root.path()).reason == "the machine has 293 MiB left of 7.6 GiB");
}

}  // namespace
}  // namespace continuo::memory
