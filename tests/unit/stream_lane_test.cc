// SPDX-License-Identifier: Apache-2.0
// A lane: many workers on one thread.
#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <thread>

#include "daemon/base/realtime_priority.h"
#include "daemon/stream/worker_lane.h"
#include "shared/ipc/signal_group.h"
#include "shared/ipc/wakeup.h"
#include "tests/unit/lane_voice.h"

namespace continuo::stream {
namespace {

using executor::ProcessError;
using test::Gate;
using test::ProbeCall;
using test::ProbeModel;
using test::RealtimeThreadOf;
using test::Voice;

TEST_CASE("WorkerLane: every stream of a full lane is answered, in order") {
  if (!ipc::SignalGroup::Supported()) return;
  std::deque<Voice> voices(WorkerLane::kMaxWorkers);
  Voice one_more;
  WorkerLane lane(0, 0);
  for (Voice& voice : voices) REQUIRE(lane.Add(voice.worker.get()));
  CHECK_FALSE(lane.Add(one_more.worker.get()));
  for (int round = 0; round < 20; ++round) {
    for (Voice& voice : voices) voice.Send();
    for (Voice& voice : voices) {
      voice.Receive();
      CHECK(voice.out[0][0] == static_cast<float>(voice.sent));
    }
  }
  for (Voice& voice : voices) REQUIRE(lane.Remove(voice.worker.get()));
  CHECK_FALSE(lane.Remove(voices[0].worker.get()));
}

TEST_CASE("WorkerLane: one that floods gets a block for each of the others") {
  if (!ipc::SignalGroup::Supported()) return;
  std::atomic<std::uint64_t> clock{0}, flood_ran{0};
  // Its first block lasts until the lane has both.
  Gate gate;
  Voice flood([&](const ProbeCall& call) {
    const ProcessError error = gate.Pass(call);
    flood_ran = ++clock;
    return error;
  });
  std::atomic<std::uint64_t> calm_ran{0};
  Voice calm([&](const ProbeCall& call) {
    calm_ran = ++clock;
    return ProbeModel::Copy(call);
  });
  for (std::uint32_t i = 0; i < ipc::kSlots; ++i) flood.Send();
  calm.Send();
  WorkerLane lane(0, 0);
  REQUIRE(lane.Add(flood.worker.get()));
  gate.AwaitCall();
  REQUIRE(lane.Add(calm.worker.get()));
  gate.open = true;
  calm.Receive();
  while (flood.worker->statistics().blocks < ipc::kSlots) std::this_thread::yield();
  // The first block, one more of the list that now has both, and then the other's.
  CHECK(calm_ran <= 3);
  CHECK(flood_ran == ipc::kSlots + 1);
  REQUIRE(lane.Remove(calm.worker.get()));
  REQUIRE(lane.Remove(flood.worker.get()));
}

TEST_CASE("WorkerLane: a worker goes from its thread to a lane and back and loses no block") {
  if (!ipc::SignalGroup::Supported()) return;
  Voice voice;
  WorkerLane first(0, 0), second(0, 0);
  for (int round = 0; round < 50; ++round) {
    voice.worker->Start();
    voice.Send();
    voice.worker->Join();
    REQUIRE(first.Add(voice.worker.get()));
    voice.Send();
    REQUIRE(first.Remove(voice.worker.get()));
    voice.Send();
    REQUIRE(second.Add(voice.worker.get()));
    for (int block = 0; block < 3; ++block) voice.Receive();
    REQUIRE(second.Remove(voice.worker.get()));
  }
  CHECK(voice.received == 150);
}

TEST_CASE("WorkerLane: a worker that is taken over is on its thread until it is in the lane") {
  if (!ipc::SignalGroup::Supported()) return;
  Gate gate;
  Voice voice([&](const ProbeCall& call) { return gate.Pass(call); });
  voice.worker->Start();
  voice.Send();
  gate.AwaitCall();
  WorkerLane first(0, 0);
  WorkerLane second(0, 0);
  std::atomic<int> refusals{0};
  const auto take = [&](WorkerLane* to, WorkerLane* from) {
    if (!to->Add(voice.worker.get(), from)) ++refusals;
  };
  std::thread mover([&] { take(&first, nullptr); });
  voice.Send();  // for whoever has it by then
  CHECK_FALSE(voice.TryReceive());
  gate.open = true;
  voice.Receive();
  voice.Receive();
  mover.join();
  voice.AwaitSleeper();
  // And from lane to lane, while blocks come.
  std::atomic<bool> moved{false};
  mover = std::thread([&] {
    for (int i = 0; i < 20; ++i) {
      take(&second, &first);
      take(&first, &second);
    }
    moved = true;
  });
  for (int i = 0; i < 200 || !moved; ++i) {
    voice.Send();
    voice.Receive();
  }
  mover.join();
  voice.AwaitSleeper();
  CHECK(refusals == 0);
  CHECK_FALSE(second.Has(voice.worker.get()));
  REQUIRE(first.Remove(voice.worker.get()));
}

TEST_CASE("WorkerLane: a worker that leaves is stepped in the lane until its own thread does") {
  if (!ipc::SignalGroup::Supported()) return;
  Voice voice;
  WorkerLane lane(0, 0);
  REQUIRE(lane.Add(voice.worker.get()));
  std::atomic<bool> moved{false};
  std::atomic<int> refusals{0};
  std::thread mover([&] {
    for (int i = 0; i < 20; ++i) {
      if (!lane.Leave(voice.worker.get(), 0, 0)) ++refusals;
      if (lane.Has(voice.worker.get())) ++refusals;
      if (!lane.Add(voice.worker.get())) ++refusals;
    }
    moved = true;
  });
  while (!moved) {
    voice.Send();
    voice.Receive();
  }
  mover.join();
  voice.AwaitSleeper();
  CHECK(refusals == 0);
  REQUIRE(lane.Leave(voice.worker.get(), 0, 0));
  CHECK_FALSE(lane.Leave(voice.worker.get(), 0, 0));
  voice.AwaitSleeper();
  voice.Send();
  voice.Receive();
}

// Its own thread and the lane's wait on one signal for a moment.
TEST_CASE("WorkerLane: a worker that sleeps when it is taken over is woken in the lane") {
  if (!ipc::SignalGroup::Supported()) return;
  Voice voice;
  voice.worker->Start();
  voice.AwaitSleeper();
  WorkerLane lane(0, 0);
  REQUIRE(lane.Add(voice.worker.get()));
  for (int i = 0; i < 3; ++i) {
    voice.AwaitSleeper();
    voice.Send();
    voice.Receive();
  }
  REQUIRE(lane.Remove(voice.worker.get()));
}

TEST_CASE("WorkerLane: one that hangs keeps its lane, the others get another") {
  if (!ipc::SignalGroup::Supported()) return;
  Gate gate;
  Voice stuck([&](const ProbeCall& call) { return gate.Pass(call); });
  std::deque<Voice> others(5);
  WorkerLane lane(0, 0);
  for (Voice& voice : others) REQUIRE(lane.Add(voice.worker.get()));
  REQUIRE(lane.Add(stuck.worker.get()));
  CHECK(lane.Rescue() == nullptr);
  stuck.Send();
  gate.AwaitCall();
  for (Voice& voice : others) voice.Send();
  std::unique_ptr<WorkerLane> rescued;
  while (rescued == nullptr) rescued = lane.Rescue();
  CHECK(rescued->size() == 5);
  CHECK(lane.size() == 1);
  for (Voice& voice : others) voice.Receive();
  CHECK(lane.Rescue() == nullptr);
  gate.open = true;
  stuck.Receive();
  for (Voice& voice : others) {
    voice.Send();
    voice.Receive();
    REQUIRE(rescued->Remove(voice.worker.get()));
  }
  lane.Settle();
  REQUIRE(lane.Remove(stuck.worker.get()));
}

TEST_CASE("WorkerLane: one whose client writes nonsense ends alone") {
  if (!ipc::SignalGroup::Supported()) return;
  Voice hostile, good;
  WorkerLane lane(0, 0);
  REQUIRE(lane.Add(hostile.worker.get()));
  REQUIRE(lane.Add(good.worker.get()));
  for (int i = 0; i < 1000; ++i) {
    // An index that cannot be.
    hostile.pair.client->client().input_write.store(0x80000000U + static_cast<std::uint32_t>(i));
    const std::uint64_t before = hostile.worker->statistics().violations;
    ipc::Notify(hostile.pair.client->input_signal());
    while (hostile.worker->ended_reason().empty() &&
           hostile.worker->statistics().violations == before) {
      ipc::Notify(hostile.pair.client->input_signal());
      std::this_thread::yield();
    }
  }
  // The last violation is counted a moment before it has its effect; ctest's limit ends this.
  while (hostile.worker->ended_reason().empty()) {
    ipc::Notify(hostile.pair.client->input_signal());
    std::this_thread::yield();
  }
  good.Send();
  good.Receive();
  CHECK(good.worker->ended_reason().empty());
  REQUIRE(lane.Remove(good.worker.get()));
  REQUIRE(lane.Remove(hostile.worker.get()));
}

// Its 64 frames last 1.3 ms.
ProcessError TakeLongerThanItsFrames(const ProbeCall& call) {
  const std::uint64_t end_ns = ipc::MonotonicNs() + 3'000'000;
  while (ipc::MonotonicNs() < end_ns) continue;
  return ProbeModel::Copy(call);
}

TEST_CASE("WorkerLane: its priority falls with a model that is too slow, and comes back with it") {
  if (!ipc::SignalGroup::Supported()) return;
  std::atomic<bool> slow{true};
  Voice voice([&](const ProbeCall& call) {
    return slow ? TakeLongerThanItsFrames(call) : ProbeModel::Copy(call);
  });
  WorkerLane lane(0, 1);
  const pid_t thread = RealtimeThreadOf(lane, "lane 0");
  if (thread == 0) return;
  REQUIRE(lane.Add(voice.worker.get()));
  const auto play = [&] {
    voice.Send();
    voice.Receive();
    lane.Housekeep();
  };
  // The watchdog of the test program ends what never comes.
  while (base::RealtimePriorityOf(thread) != 0) play();
  slow = false;
  while (base::RealtimePriorityOf(thread) != 1) play();
  REQUIRE(lane.Remove(voice.worker.get()));
}

TEST_CASE("WorkerLane: one that was too slow and is silent does not hold it at normal priority") {
  if (!ipc::SignalGroup::Supported()) return;
  Voice slow(TakeLongerThanItsFrames), other;
  WorkerLane lane(0, 1);
  const pid_t thread = RealtimeThreadOf(lane, "lane 0");
  if (thread == 0) return;
  REQUIRE(lane.Add(slow.worker.get()));
  REQUIRE(lane.Add(other.worker.get()));
  const auto play = [&](Voice& voice) {
    voice.Send();
    voice.Receive();
    lane.Housekeep();
  };
  while (base::RealtimePriorityOf(thread) != 0) play(slow);
  // The watchdog of the test program ends what never comes.
  while (base::RealtimePriorityOf(thread) != 1) play(other);
  // It is as slow as before.
  while (base::RealtimePriorityOf(thread) != 0) play(slow);
  REQUIRE(lane.Remove(other.worker.get()));
  REQUIRE(lane.Remove(slow.worker.get()));
}

}  // namespace
}  // namespace continuo::stream
