// SPDX-License-Identifier: Apache-2.0
// Lanes: what one stream may take of them, and who gives them their priority.
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "daemon/base/realtime_priority.h"
#include "daemon/stream/block_pace.h"
#include "daemon/stream/worker_lane.h"
#include "shared/ipc/signal_group.h"
#include "shared/ipc/wakeup.h"
#include "tests/unit/lane_voice.h"

namespace continuo::stream {
namespace {

using Catch::Contains;
using test::Gate;
using test::ProbeCall;
using test::ProbeModel;
using test::RealtimeThreadOf;
using test::ThreadOf;
using test::Voice;

constexpr std::uint64_t kBlockNs = 64'000'000'000 / 48'000;
constexpr std::uint64_t kBeginNs = 1'000'000'000'000;

// How many blocks are taken in this time by a client that always has one.
std::uint64_t Taken(BlockPace* pace, std::uint64_t begin_ns, std::uint64_t duration_ns) {
  std::uint64_t count = 0;
  for (std::uint64_t now_ns = begin_ns; now_ns < begin_ns + duration_ns; now_ns += 10'000) {
    while (pace->due_ns() <= now_ns) {
      pace->Take(kBlockNs, now_ns);
      ++count;
    }
  }
  return count;
}

TEST_CASE("BlockPace: a ring full at once, then a quarter more than is heard") {
  BlockPace pace(kBlockNs);
  const std::uint64_t flooded = Taken(&pace, kBeginNs, 1'000'000'000);
  CHECK(flooded >= 750 * BlockPace::kFaster);
  CHECK(flooded <= 750 * BlockPace::kFaster + 1.25 * (ipc::kSlots + 1) + 1);
  // After a pause a ring may be full again, however long it was.
  CHECK(Taken(&pace, 10 * kBeginNs, 10'000) <= 1.25 * (ipc::kSlots + 1));
  CHECK(Taken(&pace, 20 * kBeginNs, 10'000) >= ipc::kSlots);
}

TEST_CASE("BlockPace: who plays in time is never held back, nor who was stopped for a ring") {
  BlockPace pace(kBlockNs);
  std::uint64_t now_ns = kBeginNs;
  for (int i = 0; i < 10'000; ++i) {
    // Bursts of a whole ring, and a clock that is 1 % fast.
    now_ns += i % ipc::kSlots == 0 ? ipc::kSlots * kBlockNs * 99 / 100 : 0;
    REQUIRE(pace.due_ns() <= now_ns);
    pace.Take(kBlockNs, now_ns);
  }
}

TEST_CASE("BlockPace: what was taken where nothing is held back is no debt") {
  BlockPace pace(kBlockNs);
  for (int i = 0; i < 100'000; ++i) pace.Take(kBlockNs, kBeginNs);
  CHECK(pace.due_ns() <= kBeginNs + kBlockNs);
}

// Only too early is wrong: no machine is so slow that it would fail.
TEST_CASE("WorkerLane: a client that sends as fast as it is answered is held to its sound") {
  if (!ipc::SignalGroup::Supported()) return;
  constexpr std::uint64_t kBlocks = 120;
  Voice flood;
  WorkerLane lane(0, 0);
  REQUIRE(lane.Add(flood.worker.get()));
  const std::uint64_t begin_ns = ipc::MonotonicNs();
  while (flood.received < kBlocks) {
    if (flood.sent < kBlocks) static_cast<void>(flood.TrySend());
    static_cast<void>(flood.TryReceive());
  }
  const auto paced = static_cast<double>(kBlocks) - BlockPace::kFaster * (ipc::kSlots + 1) - 1;
  CHECK(static_cast<double>(ipc::MonotonicNs() - begin_ns) >=
        paced * kBlockNs / BlockPace::kFaster);
  REQUIRE(lane.Remove(flood.worker.get()));
}

TEST_CASE("WorkerLane: who says that it exports is not held back") {
  if (!ipc::SignalGroup::Supported()) return;
  Voice voice;
  WorkerLane lane(0, 0);
  REQUIRE(lane.Add(voice.worker.get()));
  for (std::uint32_t i = 0; i < 2 * ipc::kSlots; ++i) {
    voice.Send(ipc::kBlockOffline);
    voice.Receive();
    CHECK(voice.worker->due_ns() == 0);
  }
  REQUIRE(lane.Remove(voice.worker.get()));
}

TEST_CASE("WorkerLane: a stream says what its lane has, and with how many") {
  if (!ipc::SignalGroup::Supported()) return;
  Voice first, second;
  WorkerLane lane(1, 0);
  REQUIRE(lane.Add(first.worker.get()));
  lane.Housekeep();
  CHECK(first.worker->scheduling() == lane.scheduling() + "; one of 1 in a lane on core 0");
  REQUIRE(lane.Add(second.worker.get()));
  lane.Housekeep();
  CHECK_THAT(first.worker->scheduling(), Contains("one of 2 in a lane"));
  CHECK_THAT(second.worker->scheduling(), Contains("one of 2 in a lane"));
  REQUIRE(lane.Remove(first.worker.get()));
  first.worker->Start();
  CHECK_THAT(first.worker->scheduling(), !Contains("in a lane"));
  REQUIRE(lane.Remove(second.worker.get()));
}

TEST_CASE("WorkerLane: a model that hangs in a block takes its lane to normal priority") {
  if (!ipc::SignalGroup::Supported()) return;
  Gate gate;
  Voice stuck([&](const ProbeCall& call) { return gate.Pass(call); });
  WorkerLane lane(0, 1);
  const pid_t thread = RealtimeThreadOf(lane, "lane 0");
  if (thread == 0) return;
  REQUIRE(lane.Add(stuck.worker.get()));
  stuck.Send();
  gate.AwaitCall();
  // The watchdog of the test program ends what never comes.
  while (base::RealtimePriorityOf(thread) != 0) {
    stuck.worker->Housekeep();
    lane.Housekeep();
    std::this_thread::yield();
  }
  CHECK_THAT(stuck.worker->scheduling(), Contains("at normal priority, as its blocks take longer"));
  gate.open = true;
  stuck.Receive();
  // It is not trusted at once.
  stuck.Send();
  stuck.Receive();
  lane.Housekeep();
  CHECK(base::RealtimePriorityOf(thread) == 0);
  REQUIRE(lane.Remove(stuck.worker.get()));
}

// The calling thread, and those that it makes from now on, may take no priority.
void GiveUpPriority() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (::syscall(SYS_capget, &header, data) != 0) return;
  for (const unsigned capability : {CAP_SYS_NICE, CAP_SYS_RESOURCE}) {
    data[0].effective &= ~(1U << capability);
    data[0].permitted &= ~(1U << capability);
  }
  ::syscall(SYS_capset, &header, data);
}

TEST_CASE("WorkerLane: where its own limits give it nothing, the broker is asked for its thread") {
  if (!ipc::SignalGroup::Supported() || ::geteuid() != 0) return;
  int permitted = 0;
  std::thread([&] {
    base::SetFifoPriority(0, 1);
    permitted = base::RealtimePriorityOf(0);
  }).join();
  if (permitted == 0) return;
  rlimit before{}, none{0, 0};
  ::getrlimit(RLIMIT_RTPRIO, &before);
  ::setrlimit(RLIMIT_RTPRIO, &none);
  // The broker is this thread, which may.
  std::promise<std::pair<pid_t, int>> asked;
  std::promise<void> given;
  std::string words;
  std::thread without([&] {
    GiveUpPriority();
    bool was_asked = false;
    WorkerLane lane(0, 9, [&](pid_t thread, int priority) {
      was_asked = true;
      asked.set_value({thread, priority});
      given.get_future().wait();
      return absl::OkStatus();
    });
    if (!was_asked) asked.set_value({0, 0});
    words = lane.scheduling();
  });
  const auto [thread, priority] = asked.get_future().get();
  const pid_t lanes = ThreadOf("lane 0");
  CHECK(thread == lanes);
  CHECK(priority == 9);
  if (thread != 0) base::SetFifoPriority(thread, 5);
  given.set_value();
  without.join();
  ::setrlimit(RLIMIT_RTPRIO, &before);
  CHECK(words == "SCHED_RR 5 by RTKit");
}

}  // namespace
}  // namespace continuo::stream
