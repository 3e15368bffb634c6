// SPDX-License-Identifier: Apache-2.0
// Models that burn at real-time priority: for how long at most they keep a host's threads at normal
// priority from their core. Without a way out the kernel alone would help: with 50 ms of each
// second. What is looked at is processor time: by the clock others are in it, too.
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <string>
#include <thread>

#include "daemon/base/processors.h"
#include "daemon/base/realtime_priority.h"
#include "daemon/base/thread.h"
#include "daemon/stream/worker_lane.h"
#include "shared/ipc/signal_group.h"
#include "shared/ipc/wakeup.h"
#include "tests/unit/lane_voice.h"

namespace continuo::stream {
namespace {

using Catch::Contains;
using test::ProbeCall;
using test::ThreadOf;
using test::Voice;

constexpr std::uint64_t kBlockNs = 64'000'000'000 / 48'000;
// 150 ms of RLIMIT_RTTIME, which the kernel counts in ticks, of 10 ms at most.
constexpr std::uint64_t kGuardNs = 200'000'000;

bool RealtimeIsPermitted() {
  int priority = 0;
  std::thread([&priority] {
    static_cast<void>(base::RaisePriority(10));
    priority = base::RealtimePriorityOf(0);
  }).join();
  return priority > 0;
}

// The longest processor time that one thread has had at real-time priority without a sleep, in
// which nobody at normal priority was let in.
class Stretch {
 public:
  // By that thread.
  void Look() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    const auto now_ns = static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
                        static_cast<std::uint64_t>(time.tv_nsec);
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    const bool slept = usage.ru_nvcsw != sleeps_;
    sleeps_ = usage.ru_nvcsw;
    if (slept || base::RealtimePriorityOf(0) == 0) begin_ns_ = now_ns;
    longest_ns_ = std::max(longest_ns_.load(), now_ns - begin_ns_);
  }
  [[nodiscard]] std::uint64_t longest_ns() const { return longest_ns_; }

 private:
  std::uint64_t begin_ns_ = 0;
  long sleeps_ = 0;
  std::atomic<std::uint64_t> longest_ns_{0};
};

// A stop of the machine counts as processor time of whom it meets.
constexpr std::uint64_t kStopNs = 30'000'000;

// What a model does that burns so long, looking every millisecond.
executor::ProcessError Burn(std::uint64_t burn_ns, Stretch* stretch, const ProbeCall& call) {
  const std::uint64_t end_ns = ipc::MonotonicNs() + burn_ns;
  std::uint64_t look_ns = 0;
  for (std::uint64_t now_ns = ipc::MonotonicNs(); now_ns < end_ns; now_ns = ipc::MonotonicNs()) {
    if (now_ns < look_ns) continue;
    look_ns = now_ns + 1'000'000;
    stretch->Look();
  }
  stretch->Look();
  return test::ProbeModel::Copy(call);
}

executor::ProcessError BurnUntilLowered(Stretch* stretch, const ProbeCall& call) {
  // The watchdog of the test program ends what never comes.
  while (base::RealtimePriorityOf(0) != 0) stretch->Look();
  return test::ProbeModel::Copy(call);
}

// Sends so many blocks, as fast as they are taken, and has them all answered.
void Flood(Voice* voice, std::uint64_t blocks) {
  while (voice->received < blocks) {
    if (voice->sent < blocks && voice->TrySend()) continue;
    if (!voice->TryReceive()) std::this_thread::yield();
  }
}

std::uint32_t Core() { return base::AllowedProcessors().back(); }

TEST_CASE("StreamWorker: a model that is too slow does not starve a thread at normal priority") {
  if (!RealtimeIsPermitted()) return;
  constexpr std::uint64_t kBurnNs = 10'000'000;
  Stretch stretch;
  Voice voice([&](const ProbeCall& call) { return Burn(kBurnNs, &stretch, call); });
  voice.worker->StartOn(Core(), 10);
  Flood(&voice, 20);
  CHECK(stretch.longest_ns() < OverrunGuard::kLongestNs + kStopNs + 2 * kBurnNs);
  voice.worker->Housekeep();
  CHECK_THAT(voice.worker->scheduling(), Contains("at normal priority, as its blocks take longer"));
}

TEST_CASE("StreamWorker: a model that hangs in a block does not starve it either") {
  if (!RealtimeIsPermitted()) return;
  base::GuardRealtime(false);
  Stretch stretch;
  Voice voice([&](const ProbeCall& call) { return BurnUntilLowered(&stretch, call); });
  voice.worker->StartOn(Core(), 10);
  Flood(&voice, 1);
  CHECK(stretch.longest_ns() < kGuardNs);
}

// As a lane that was stopped for a while finds them: no block is too long, all together are.
TEST_CASE("WorkerLane: many full rings are worked off with pauses") {
  if (!RealtimeIsPermitted() || !ipc::SignalGroup::Supported()) return;
  base::GuardRealtime(false);
  constexpr std::uint64_t kBurnNs = kBlockNs / 2;
  Stretch stretch;
  std::deque<Voice> voices;
  for (int i = 0; i < 20; ++i) {
    voices.emplace_back([&](const ProbeCall& call) { return Burn(kBurnNs, &stretch, call); });
    for (std::uint32_t k = 0; k < ipc::kSlots; ++k) voices.back().Send();
  }
  WorkerLane lane(Core(), 9);
  for (Voice& voice : voices) REQUIRE(lane.Add(voice.worker.get()));
  for (Voice& voice : voices) {
    for (std::uint32_t k = 0; k < ipc::kSlots; ++k) voice.Receive();
  }
  CHECK(stretch.longest_ns() < WorkerLane::kLongestRunNs + kStopNs + 4 * kBurnNs);
  for (Voice& voice : voices) REQUIRE(lane.Remove(voice.worker.get()));
}

TEST_CASE(
    "WorkerLane: blocks that would be run at once but for their lengths leave room for pauses") {
  if (!RealtimeIsPermitted() || !ipc::SignalGroup::Supported()) return;
  base::GuardRealtime(false);
  constexpr std::uint64_t kBurnNs = kBlockNs / 2;
  Stretch stretch;
  const auto model = std::make_shared<test::ProbeModel>(
      test::Mono(48000), [&](const ProbeCall& call) { return Burn(kBurnNs, &stretch, call); });
  model->together = 8;
  std::deque<Voice> voices;
  // Work for 80 ms in one round.
  for (std::uint32_t i = 0; i < 120; ++i) {
    voices.emplace_back(model, 1, 64 - i % 2);
    for (int k = 0; k < 2; ++k) voices.back().Send();
  }
  WorkerLane lane(Core(), 9);
  for (Voice& voice : voices) REQUIRE(lane.Add(voice.worker.get()));
  for (Voice& voice : voices) {
    for (int k = 0; k < 2; ++k) voice.Receive();
  }
  CHECK(stretch.longest_ns() < WorkerLane::kLongestRunNs + kStopNs + 4 * kBurnNs);
  for (Voice& voice : voices) REQUIRE(lane.Remove(voice.worker.get()));
}

TEST_CASE("WorkerLane: one that takes a whole core goes to normal priority, until it sleeps") {
  if (!RealtimeIsPermitted() || !ipc::SignalGroup::Supported()) return;
  Stretch stretch;
  std::atomic<std::uint64_t> burn_ns{kBlockNs / 2};
  std::deque<Voice> voices;
  WorkerLane lane(Core(), 9);
  const pid_t thread = ThreadOf("lane " + std::to_string(Core()));
  for (int i = 0; i < 6; ++i) {
    voices.emplace_back([&](const ProbeCall& call) { return Burn(burn_ns, &stretch, call); });
    REQUIRE(lane.Add(voices.back().worker.get()));
  }
  const auto play = [&] {
    for (Voice& voice : voices) {
      static_cast<void>(voice.TrySend());
      while (voice.TryReceive()) continue;
    }
    std::this_thread::yield();
  };
  while (base::RealtimePriorityOf(thread) != 0) play();
  lane.Housekeep();
  CHECK_THAT(voices[0].worker->scheduling(), Contains("; at normal priority"));
  CHECK(stretch.longest_ns() < WorkerLane::kLongestRunNs + kStopNs + 4 * burn_ns);
  burn_ns = 0;
  while (base::RealtimePriorityOf(thread) != 9) {
    play();
    lane.Housekeep();
  }
  for (Voice& voice : voices) REQUIRE(lane.Remove(voice.worker.get()));
}

TEST_CASE("WorkerLane: what the kernel's limit has taken is told, and given back after a while") {
  if (!RealtimeIsPermitted() || !ipc::SignalGroup::Supported()) return;
  base::GuardRealtime(false);
  Stretch stretch;
  // A block of half a second.
  Voice voice([&](const ProbeCall& call) { return BurnUntilLowered(&stretch, call); }, 4096, 8000);
  WorkerLane lane(Core(), 9);
  const pid_t thread = ThreadOf("lane " + std::to_string(Core()));
  REQUIRE(lane.Add(voice.worker.get()));
  Flood(&voice, 1);
  CHECK(stretch.longest_ns() < kGuardNs);
  REQUIRE(base::RealtimePriorityOf(thread) == 0);
  // The answer comes a moment before the block's end.
  while (voice.worker->busy_ns() != 0) std::this_thread::yield();
  lane.Housekeep();
  CHECK(base::RealtimePriorityOf(thread) == 0);
  CHECK_THAT(voice.worker->scheduling(), Contains("at normal priority for a second"));
  for (std::uint32_t i = 0; i < PriorityKeeper::kRest; ++i) lane.Housekeep();
  CHECK(base::RealtimePriorityOf(thread) == 9);
  CHECK_THAT(voice.worker->scheduling(), !Contains("at normal priority"));
  REQUIRE(lane.Remove(voice.worker.get()));
}

}  // namespace
}  // namespace continuo::stream
