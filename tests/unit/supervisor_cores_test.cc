// SPDX-License-Identifier: Apache-2.0
#include <sched.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "daemon/supervisor/cores.h"
#include "daemon/supervisor/lane_table.h"
#include "tests/unit/temporary_directory.h"

namespace continuo::supervisor {
namespace {

namespace fs = std::filesystem;

void Write(const TemporaryDirectory& root, const std::string& path, const std::string& text) {
  const fs::path full = fs::path(root / path);
  fs::create_directories(full.parent_path());
  WriteFile(full.string(), text);
}

double QuotaIn(const TemporaryDirectory& root) { return UsableCores(root / "").quota; }

TEST_CASE("Cores: those that this process may use, and no more") {
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  CHECK(UsableCores().ids.size() == static_cast<std::size_t>(CPU_COUNT(&before)));
  const std::uint32_t last = UsableCores().ids.back();
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  const Cores cores = UsableCores();
  sched_setaffinity(0, sizeof before, &before);
  CHECK(cores.ids == std::vector<std::uint32_t>{last});
  CHECK(cores.quota <= 1.0);
}

TEST_CASE("Cores: without control groups the cores are the limit") {
  const TemporaryDirectory root;
  const Cores cores = UsableCores(root / "");
  CHECK(cores.quota == static_cast<double>(cores.ids.size()));
}

TEST_CASE("Cores: the least quota of a group and of those above it counts") {
  const TemporaryDirectory root;
  Write(root, "proc/self/cgroup", "0::/user.slice/app\n");
  Write(root, "sys/fs/cgroup/user.slice/app/cpu.max", "max 100000\n");
  CHECK(QuotaIn(root) == static_cast<double>(UsableCores().ids.size()));
  Write(root, "sys/fs/cgroup/user.slice/cpu.max", "50000 100000\n");
  CHECK(QuotaIn(root) == 0.5);
  Write(root, "sys/fs/cgroup/user.slice/app/cpu.max", "25000 100000\n");
  CHECK(QuotaIn(root) == 0.25);
}

TEST_CASE("Cores: the quota of a group of version 1 counts too") {
  const TemporaryDirectory root;
  Write(root, "proc/self/cgroup", "9:name=systemd:/\n3:cpu,cpuacct:/box\n");
  Write(root, "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "-1\n");
  Write(root, "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
  CHECK(QuotaIn(root) == static_cast<double>(UsableCores().ids.size()));
  Write(root, "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "75000\n");
  CHECK(QuotaIn(root) == 0.75);
}

TEST_CASE("Cores: what makes no sense limits nothing") {
  const TemporaryDirectory root;
  Write(root, "proc/self/cgroup", "nonsense\n0::/a\n");
  for (const char* text : {"", "x y\n", "100 0\n", "-5 100\n", "0 100000\n"}) {
    Write(root, "sys/fs/cgroup/a/cpu.max", text);
    CAPTURE(text);
    CHECK(QuotaIn(root) == static_cast<double>(UsableCores().ids.size()));
  }
}

TEST_CASE("LaneTable: a lane is of one runner, one core and about one period") {
  LaneTable lanes;
  const int a = 0, b = 0;
  const std::uint32_t lane = lanes.Join(1, &a, 0, 40, 5333);
  CHECK(lane != LaneTable::kOwnThread);
  CHECK(lanes.Join(2, &a, 0, 40, 5333) == lane);
  CHECK(lanes.Join(3, &a, 0, 40, 5804) == lane);
  CHECK(lanes.Join(4, &b, 0, 40, 5333) != lane);
  CHECK(lanes.Join(5, &a, 1, 40, 5333) != lane);
  CHECK(lanes.Join(6, &a, 0, 10, 1333) != lane);
}

TEST_CASE("LaneTable: a block that would hold up the others has a thread of its own") {
  LaneTable lanes;
  const int a = 0;
  CHECK(lanes.Join(1, &a, 0, 0.126 * 5333, 5333) == LaneTable::kOwnThread);
  CHECK(lanes.Join(1, &a, 0, 0.124 * 5333, 5333) != LaneTable::kOwnThread);
  CHECK(lanes.Join(1, &a, 0, 0.126 * 5333, 5333) == LaneTable::kOwnThread);
  lanes.Leave(1);
  lanes.Leave(1);
}

TEST_CASE("LaneTable: a full lane gets a second beside it, and places that are left are taken") {
  LaneTable lanes;
  const int a = 0;
  const std::uint32_t first = lanes.Join(0, &a, 0, 1, 5333);
  for (std::uint64_t id = 1; id < LaneTable::kMaxStreams; ++id) {
    REQUIRE(lanes.Join(id, &a, 0, 1, 5333) == first);
  }
  const std::uint32_t second = lanes.Join(1000, &a, 0, 1, 5333);
  CHECK(second != first);
  lanes.Leave(5);
  CHECK(lanes.Join(1001, &a, 0, 1, 5333) == first);
}

}  // namespace
}  // namespace continuo::supervisor
