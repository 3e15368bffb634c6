// SPDX-License-Identifier: Apache-2.0
// A lane that runs blocks of one model at once.
#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "daemon/stream/worker_lane.h"
#include "shared/ipc/signal_group.h"
#include "tests/unit/lane_voice.h"

namespace continuo::stream {
namespace {

using Catch::Matchers::Contains;
using executor::ProcessError;
using test::Gate;
using test::Mono;
using test::ProbeCall;
using test::ProbeModel;
using test::Voice;

std::shared_ptr<ProbeModel> ModelOf(std::uint32_t together,
                                    ProbeModel::Work work = ProbeModel::Copy) {
  auto model = std::make_shared<ProbeModel>(Mono(48000), std::move(work));
  model->together = together;
  return model;
}

// Holds up a lane while others send, so that their blocks are there together.
class HeldLane {
 public:
  HeldLane() : held_([this](const ProbeCall& call) { return gate_.Pass(call); }) {
    REQUIRE(lane_.Add(held_.worker.get()));
  }
  explicit HeldLane(std::deque<Voice>& voices) : HeldLane() {
    for (Voice& voice : voices) Add(&voice);
  }
  ~HeldLane() {
    gate_.open = true;
    for (Voice* voice : voices_) CHECK(lane_.Remove(voice->worker.get()));
    CHECK(lane_.Remove(held_.worker.get()));
  }
  void Add(Voice* voice) {
    REQUIRE(lane_.Add(voice->worker.get()));
    voices_.push_back(voice);
  }
  void Housekeep() { lane_.Housekeep(); }
  // Of every voice a block, and the answers.
  void Play() {
    gate_.called = false;
    gate_.open = false;
    held_.Send();
    gate_.AwaitCall();
    for (Voice* voice : voices_) voice->Send();
    gate_.open = true;
    held_.Receive();
    for (Voice* voice : voices_) voice->Receive();
  }

 private:
  Gate gate_;
  Voice held_;
  std::vector<Voice*> voices_;
  WorkerLane lane_{0, 0};
};

TEST_CASE("WorkerLane: blocks of one model that are there together are run at once") {
  if (!ipc::SignalGroup::Supported()) return;
  const auto model = ModelOf(4);
  const auto other = ModelOf(4);
  const auto alone = ModelOf(1);
  std::deque<Voice> voices;
  // Side by side they are not.
  for (int i = 0; i < 6; ++i) {
    voices.emplace_back(model, 1, 64);
    if (i < 2) voices.emplace_back(other, 1, 64);
    if (i < 3) voices.emplace_back(alone, 1, 64);
  }
  HeldLane lane(voices);
  for (int round = 0; round < 20; ++round) {
    lane.Play();
    for (Voice& voice : voices) {
      REQUIRE(voice.out[0][0] == static_cast<float>(voice.sent));
      REQUIRE(voice.answered_flags == 0);
    }
  }
  lane.Housekeep();
  CHECK_THAT(voices.front().worker->scheduling(),
             Contains("; one of 12 in a lane, up to 4 channels"));
  CHECK(model->largest_batch == 4);
  CHECK(other->largest_batch == 2);
  CHECK(alone->largest_batch == 1);
  for (Voice& voice : voices) CHECK(voice.worker->statistics().blocks == 20);
}

TEST_CASE("WorkerLane: blocks of several lengths are not run at once") {
  if (!ipc::SignalGroup::Supported()) return;
  const auto model = ModelOf(8);
  std::deque<Voice> voices;
  for (const std::uint32_t frames : {64U, 64U, 32U, 64U, 48U, 48U, 48U}) {
    voices.emplace_back(model, 1, frames);
  }
  HeldLane lane(voices);
  for (int round = 0; round < 5; ++round) {
    lane.Play();
    for (Voice& voice : voices) REQUIRE(voice.out[0][0] == static_cast<float>(voice.sent));
  }
  CHECK(model->largest_batch == 3);
}

TEST_CASE("WorkerLane: the channels of a stereo stream count, and no batch has more states") {
  if (!ipc::SignalGroup::Supported()) return;
  const auto model = ModelOf(5);
  std::deque<Voice> voices;
  for (const std::uint32_t channels : {2U, 1U, 2U, 2U, 2U, 8U}) {
    voices.emplace_back(model, channels, 64);
  }
  HeldLane lane;
  for (Voice& voice : voices) {
    if (voice.pair.client->geometry().channels < 8) lane.Add(&voice);
  }
  lane.Play();
  CHECK(model->largest_batch == 5);
  for (Voice& voice : voices) {
    if (voice.received > 0) CHECK(voice.out[0][0] == 1.0F);
  }
  // It has more by itself, and is run alone.
  CHECK(voices.back().worker->together().model == nullptr);
  lane.Add(&voices.back());
  lane.Play();
  CHECK(model->largest_batch == 8);
  CHECK(voices.back().out[0][0] == 1.0F);
}

TEST_CASE("WorkerLane: of a batch, one that is not finite is put to rest alone") {
  if (!ipc::SignalGroup::Supported()) return;
  const auto model = ModelOf(4, [](const ProbeCall& call) {
    call.out[0][0] = call.state == 1 ? std::numeric_limits<float>::quiet_NaN() : call.in[0][0];
    return ProcessError::kNone;
  });
  std::deque<Voice> voices;
  for (int i = 0; i < 4; ++i) voices.emplace_back(model, 1, 64);
  HeldLane lane(voices);
  lane.Play();
  CHECK(model->largest_batch == 4);
  CHECK(model->resets == 1);
  for (const std::size_t i : {0U, 2U, 3U}) CHECK(voices[i].out[0][0] == 1.0F);
}

TEST_CASE("WorkerLane: a batch that fails is answered as failed, each of it") {
  if (!ipc::SignalGroup::Supported()) return;
  std::atomic<bool> fails{true};
  const auto model = ModelOf(3, [&](const ProbeCall& call) {
    return fails && call.state == 1 ? ProcessError::kFailed : ProbeModel::Copy(call);
  });
  std::deque<Voice> voices;
  for (int i = 0; i < 3; ++i) voices.emplace_back(model, 1, 64);
  HeldLane lane(voices);
  lane.Play();
  for (Voice& voice : voices) CHECK(voice.answered_flags == ipc::kOutputFailed);
  CHECK(model->resets == 3);
  fails = false;
  lane.Play();
  for (Voice& voice : voices) {
    CHECK(voice.answered_flags == 0);
    CHECK(voice.out[0][0] == 2.0F);
  }
}

TEST_CASE("WorkerLane: each of a batch is counted with its share of the time") {
  if (!ipc::SignalGroup::Supported()) return;
  constexpr std::uint64_t kEachNs = 1'000'000;
  const auto model = ModelOf(4, [](const ProbeCall& call) {
    const std::uint64_t end_ns = ipc::MonotonicNs() + kEachNs;
    while (ipc::MonotonicNs() < end_ns) continue;
    return ProbeModel::Copy(call);
  });
  std::deque<Voice> voices;
  for (int i = 0; i < 4; ++i) voices.emplace_back(model, 1, 64);
  HeldLane lane(voices);
  lane.Play();
  CHECK(model->largest_batch == 4);
  const auto counted = [](const Voice& voice) {
    while (voice.worker->statistics().blocks == 0) std::this_thread::yield();
    return voice.worker->statistics().process_total_ns;
  };
  CHECK(counted(voices[0]) >= kEachNs);
  for (const Voice& voice : voices) CHECK(counted(voice) == counted(voices[0]));
}

TEST_CASE("WorkerLane: a batch that hangs keeps its lane, and all of it come back") {
  if (!ipc::SignalGroup::Supported()) return;
  Gate gate;
  std::atomic<bool> hangs{false};
  const auto model = ModelOf(2, [&](const ProbeCall& call) {
    return hangs && call.state == 0 ? gate.Pass(call) : ProbeModel::Copy(call);
  });
  Voice first(model, 1, 64), second(model, 1, 64), other;
  WorkerLane lane(0, 0);
  std::unique_ptr<WorkerLane> rescued;
  for (Voice* voice : {&first, &second, &other}) REQUIRE(lane.Add(voice->worker.get()));
  hangs = true;
  // Together or not: the second may have been looked at before it had a block.
  first.Send();
  second.Send();
  gate.AwaitCall();
  while (rescued == nullptr) rescued = lane.Rescue();
  CHECK(rescued->Has(other.worker.get()));
  CHECK(lane.Has(first.worker.get()));
  CHECK(rescued->Rescue() == nullptr);
  other.Send();
  other.Receive();
  hangs = false;
  gate.open = true;
  first.Receive();
  second.Receive();
  second.Send();
  second.Receive();
  lane.Settle();
  for (Voice* voice : {&first, &second, &other}) {
    CHECK((lane.Remove(voice->worker.get()) || rescued->Remove(voice->worker.get())));
  }
}

// A thread that is stopped for 50 ms with a batch in hand looks so too.
TEST_CASE("WorkerLane: all of a batch that hangs stay, and nobody takes them for another hang") {
  if (!ipc::SignalGroup::Supported()) return;
  Gate held_gate, gate;
  Voice held([&](const ProbeCall& call) { return held_gate.Pass(call); });
  const auto model = ModelOf(3, [&](const ProbeCall& call) {
    return call.state == 0 ? gate.Pass(call) : ProbeModel::Copy(call);
  });
  std::deque<Voice> batch;
  for (int i = 0; i < 3; ++i) batch.emplace_back(model, 1, 64);
  Voice idle;
  WorkerLane lane(0, 0);
  REQUIRE(lane.Add(held.worker.get()));
  for (Voice& voice : batch) REQUIRE(lane.Add(voice.worker.get()));
  REQUIRE(lane.Add(idle.worker.get()));
  held.Send();
  held_gate.AwaitCall();
  for (Voice& voice : batch) voice.Send();
  held_gate.open = true;
  gate.AwaitCall();
  std::unique_ptr<WorkerLane> rescued;
  while (rescued == nullptr) rescued = lane.Rescue();
  CHECK(lane.size() == 3);
  CHECK(rescued->size() == 2);
  CHECK(rescued->Rescue() == nullptr);
  // The new lane is at its list, so this has to wait until it has another.
  REQUIRE(rescued->Remove(idle.worker.get()));
  held.Receive();
  held.Send();
  held.Receive();
  gate.open = true;
  for (Voice& voice : batch) {
    voice.Receive();
    REQUIRE(lane.Remove(voice.worker.get()));
  }
  REQUIRE(rescued->Remove(held.worker.get()));
}

}  // namespace
}  // namespace continuo::stream
