// SPDX-License-Identifier: Apache-2.0
// Parts of the supervisor that need no process: time is given.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "daemon/supervisor/event_loop.h"
#include "daemon/supervisor/restart_policy.h"
#include "daemon/supervisor/segment_names.h"

namespace continuo::supervisor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("RestartPolicy: the first restarts are at once, the later ones wait, then none") {
  RestartPolicy policy(5, seconds(60));
  RestartPolicy::TimePoint now{};
  CHECK(policy.DelayBeforeStart(now) == milliseconds(0));
  for (const int expected : {0, 0, 500, 1000, 2000}) {
    policy.RecordDeath(now += seconds(1));
    CHECK(policy.DelayBeforeStart(now) == milliseconds(expected));
  }
  policy.RecordDeath(now += seconds(1));
  CHECK(policy.DelayBeforeStart(now) == std::nullopt);
  // The oldest three lie before the window: three are left.
  CHECK(policy.DelayBeforeStart(now + seconds(57) + milliseconds(500)) == milliseconds(500));
}

TEST_CASE("RestartPolicy: a limit of 0 allows a start but no restart") {
  RestartPolicy policy(0, seconds(60));
  const RestartPolicy::TimePoint now{};
  CHECK(policy.DelayBeforeStart(now) == milliseconds(0));
  policy.RecordDeath(now);
  CHECK(policy.DelayBeforeStart(now) == std::nullopt);
}

TEST_CASE("SweepSegments: removes what dead daemons left and nothing else") {
  const std::string user = "continuo-" + std::to_string(::getuid()) + "-";
  // Above the largest process id that Linux gives; a living process that is no daemon; others.
  const std::string dead = user + "4194999-0123456789abcdef";
  const std::string no_daemon = user + "1-0123456789abcdef";
  const std::string other_user = "continuo-" + std::to_string(::getuid() + 1) + "-4194999-0";
  const std::string no_pid = user + "x-0123456789abcdef";
  const std::vector<std::string> all = {dead, no_daemon, other_user, no_pid};
  for (const std::string& name : all) ::close(::shm_open(name.c_str(), O_CREAT | O_RDWR, 0600));
  const auto exists = [](const std::string& name) {
    return std::filesystem::exists("/dev/shm/" + name);
  };
  CHECK(SweepSegments() >= 1);
  CHECK_FALSE(exists(dead));
  CHECK(exists(other_user));
  CHECK(exists(no_pid));
  for (const std::string& name : all) ::shm_unlink(name.c_str());
}

TEST_CASE("EventLoop: what is posted runs in order, also what was posted before the end") {
  std::vector<int> order;
  {
    EventLoop loop;
    loop.Start();
    for (int i = 0; i < 100; ++i) loop.Post([&order, i] { order.push_back(i); });
  }
  REQUIRE(order.size() == 100);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("EventLoop: a cancelled timer does not run, the others run by their time") {
  std::vector<int> order;
  EventLoop::TimerId cancelled;
  {
    EventLoop loop;
    loop.RunAfter(milliseconds(20), [&] { order.push_back(2); });
    cancelled = loop.RunAfter(milliseconds(10), [&] { order.push_back(0); });
    loop.RunAfter(milliseconds(5), [&] {
      order.push_back(1);
      loop.Cancel(cancelled);
    });
    std::atomic<bool> done{false};
    loop.RunAfter(milliseconds(30), [&] { done = true; });
    loop.Start();
    while (!done) std::this_thread::yield();
  }
  CHECK(order == std::vector<int>{1, 2});
}

}  // namespace
}  // namespace continuo::supervisor
