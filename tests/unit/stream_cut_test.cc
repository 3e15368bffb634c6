// SPDX-License-Identifier: Apache-2.0
// Streams whose segment is cut short: asleep, at a block, and beside others in a lane.
#include <atomic>
#include <catch2/catch.hpp>

#include "shared/ipc/mapping_guard_handler.h"
#include "shared/ipc/signal_group.h"
#include "tests/unit/lane_voice.h"

namespace continuo::stream {
namespace {

using Catch::Contains;
using test::ProbeCall;
using test::ProbeModel;
using test::SegmentPair;
using test::Voice;

// A model in whose block the segment is cut, once it is told which.
struct Knife {
  std::atomic<const SegmentPair*> pair{nullptr};
  ProbeModel::Work Work() {
    return [this](const ProbeCall& call) {
      if (const SegmentPair* const whole = pair.exchange(nullptr)) whole->CutTo(0);
      return ProbeModel::Copy(call);
    };
  }
};

void AwaitEnd(const StreamWorker& worker) {
  while (worker.ended_reason().empty()) std::this_thread::yield();
  CHECK_THAT(worker.ended_reason(), Contains("cut its shared memory short"));
}

TEST_CASE("StreamWorker: a segment that is cut while it sleeps ends the stream, and its thread") {
  ipc::InstallMappingGuard();
  const bool played = GENERATE(false, true);
  Voice voice;
  voice.worker->Start();
  if (played) {
    voice.Send();
    voice.Receive();
  }
  voice.AwaitSleeper();
  CHECK(voice.worker->ended_reason().empty());
  voice.pair.CutTo(0);
  voice.worker->Housekeep();
  AwaitEnd(*voice.worker);
  voice.worker.reset();  // nobody can wake it any more
}

TEST_CASE("StreamWorker: a segment that is cut during a block ends the stream") {
  ipc::InstallMappingGuard();
  Knife knife;
  Voice voice(knife.Work());
  voice.worker->Start();
  knife.pair = &voice.pair;
  voice.Send();
  AwaitEnd(*voice.worker);
  CHECK_FALSE(voice.worker->Step());
}

TEST_CASE("WorkerLane: one whose segment is cut short ends alone") {
  if (!ipc::SignalGroup::Supported()) return;
  ipc::InstallMappingGuard();
  Knife knife;
  Voice before, hostile(knife.Work()), after;
  WorkerLane lane(0, 0);
  Voice* const all[] = {&before, &hostile, &after};
  for (Voice* voice : all) REQUIRE(lane.Add(voice->worker.get()));
  const auto play = [&](int blocks) {
    for (int i = 0; i < blocks; ++i) {
      before.Send();
      after.Send();
      before.Receive();
      after.Receive();
      CHECK(before.out[0][0] == static_cast<float>(before.received));
      CHECK(after.out[0][0] == static_cast<float>(after.received));
    }
  };
  hostile.Send();
  hostile.Receive();
  play(20);
  knife.pair = &hostile.pair;
  hostile.Send();
  play(20);
  AwaitEnd(*hostile.worker);
  play(20);
  CHECK(before.worker->ended_reason().empty());
  CHECK(after.worker->ended_reason().empty());
  for (Voice* voice : all) REQUIRE(lane.Remove(voice->worker.get()));
}

}  // namespace
}  // namespace continuo::stream
