// SPDX-License-Identifier: Apache-2.0
// When a stream's thread is awake, where, and at which priority. Time is given, not passed.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <random>

#include "daemon/stream/block_forecast.h"
#include "daemon/stream/core_hint.h"
#include "daemon/stream/overrun_guard.h"
#include "daemon/stream/wake_plan.h"

namespace continuo::stream {
namespace {

constexpr std::uint64_t kStartNs = 1'000'000'000;

// A host whose cycles begin late by chance, and a thread that follows its forecast.
struct Play {
  double cycle_ns = 0;
  std::uint32_t blocks = 1;    // a cycle
  std::uint32_t frames = 256;  // a block
  double late_ns = 0;          // at most; even chances
  double apart_ns = 20'000;    // blocks of one cycle
};
struct Outcome {
  int blocks = 0, awaited = 0;
  double spun_ns = 0, passed_ns = 0;
};

Outcome Follow(const Play& play, int cycles, std::uint32_t rate = 48000) {
  BlockForecast forecast(rate);
  std::minstd_rand random(1);
  std::uniform_real_distribution<double> chance(0.0, 1.0);
  Outcome outcome;
  std::uint64_t now_ns = kStartNs;
  for (int cycle = 0; cycle < cycles; ++cycle) {
    double sent =
        static_cast<double>(kStartNs) + cycle * play.cycle_ns + chance(random) * play.late_ns;
    for (std::uint32_t block = 0; block < play.blocks; ++block, sent += play.apart_ns) {
      const auto sent_ns = static_cast<std::uint64_t>(sent);
      const BlockForecast::Watch watch = forecast.Next(now_ns);
      const std::uint64_t begin_ns = std::max(now_ns, watch.begin_ns);
      if (cycle >= cycles / 2) ++outcome.blocks;
      if (watch.end_ns > 0 && begin_ns < sent_ns) {
        const std::uint64_t spun_ns = std::min(sent_ns, watch.end_ns) - begin_ns;
        forecast.Spend(spun_ns);
        outcome.spun_ns += static_cast<double>(spun_ns);
        if (sent_ns <= watch.end_ns && cycle >= cycles / 2) ++outcome.awaited;
      }
      now_ns = sent_ns + 5'000;
      forecast.Note(sent_ns, play.frames, now_ns);
    }
  }
  outcome.passed_ns = static_cast<double>(now_ns - kStartNs);
  return outcome;
}

double Awaited(const Outcome& outcome) {
  return static_cast<double>(outcome.awaited) / outcome.blocks;
}

TEST_CASE("BlockForecast: a steady host's blocks are awaited, whatever their length") {
  const std::uint32_t frames = GENERATE(16U, 64U, 256U, 441U, 1024U);
  const double late_ns = GENERATE(0.0, 30'000.0);
  const Outcome outcome = Follow({1e9 * frames / 48000, 1, frames, late_ns}, 4000);
  CAPTURE(frames, late_ns, Awaited(outcome));
  CHECK(Awaited(outcome) > (frames <= 16 ? 0.6 : 0.95));
  CHECK(outcome.spun_ns <= BlockForecast::kShare * outcome.passed_ns);
}

TEST_CASE("BlockForecast: it learns the pace of a host that is faster or slower than it says") {
  const double pace = GENERATE(0.99, 0.999, 1.001, 1.01);
  CHECK(Awaited(Follow({pace * 256e9 / 48000, 1, 256, 20'000}, 2000)) > 0.9);
}

TEST_CASE("BlockForecast: of blocks that come several at once the first of each is awaited") {
  const Outcome outcome = Follow({1024e9 / 48000, 4, 256, 20'000}, 2000);
  CHECK(Awaited(outcome) > 0.9);
}

TEST_CASE("BlockForecast: a host without a rhythm costs next to nothing") {
  const Outcome outcome = Follow({256e9 / 48000, 1, 256, 5e6}, 4000);
  CHECK(outcome.spun_ns <= 0.02 * outcome.passed_ns);
}

TEST_CASE("BlockForecast: whatever the client says of its time, no more than the share is spent") {
  BlockForecast forecast(48000);
  std::minstd_rand random(7);
  std::uint64_t now_ns = kStartNs;
  std::uint64_t spent_ns = 0;
  for (int i = 0; i < 200'000; ++i) {
    now_ns += random() % 400'000;
    const std::uint64_t said_ns = i % 3 == 0 ? random() : now_ns - random() % 300'000;
    forecast.Note(said_ns * (i % 7 == 0 ? 1'000'003 : 1), 1 + random() % 4096, now_ns);
    const BlockForecast::Watch watch = forecast.Next(now_ns);
    if (watch.end_ns == 0) continue;
    REQUIRE(watch.end_ns > now_ns);
    // The worst: nothing comes.
    const std::uint64_t begin_ns = std::max(now_ns, watch.begin_ns);
    REQUIRE(watch.end_ns - begin_ns <= BlockForecast::kLeadNs + BlockForecast::kPatienceNs);
    forecast.Spend(watch.end_ns - begin_ns);
    spent_ns += watch.end_ns - begin_ns;
    now_ns = watch.end_ns;
  }
  CHECK(static_cast<double>(spent_ns) <=
        BlockForecast::kShare * static_cast<double>(now_ns - kStartNs) +
            static_cast<double>(BlockForecast::kMostSavedNs));
}

TEST_CASE("BlockForecast: after a pause it learns anew") {
  BlockForecast forecast(48000);
  std::uint64_t now_ns = kStartNs;
  const auto play = [&](int blocks) {
    for (int i = 0; i < blocks; ++i) {
      now_ns += 5'333'333;
      forecast.Note(now_ns, 256, now_ns);
    }
  };
  play(100);
  CHECK(forecast.confident());
  now_ns += 1'000'000'000;
  play(1);
  CHECK_FALSE(forecast.confident());
  play(4);
  CHECK(forecast.confident());
}

TEST_CASE("CoreHint: it follows a client that moves for good, and not each of its steps") {
  CoreHint hint;
  CHECK(hint.Look(1) == 0);
  for (int i = 0; i < 3; ++i) hint.Look(1);
  CHECK(hint.core() == 1);
  for (int i = 0; i < 50; ++i) {
    CHECK(hint.Look(i % 5 == 0 ? 2 : 1) == 1);
  }
  int looks = 0;
  while (hint.Look(2) != 2) REQUIRE(++looks < 16);
  CHECK(looks >= 4);
  for (int i = 0; i < 40; ++i) hint.Look(1 + static_cast<std::uint32_t>(i) % 4);
  CHECK(hint.core() == 0);
}

constexpr std::uint64_t kBlockNs = 5'333'333;

TEST_CASE("OverrunGuard: it falls after eight long blocks, or after 20 ms of them") {
  OverrunGuard guard;
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(guard.Note(kBlockNs, kBlockNs));
  SECTION("in a row alone") {
    for (int i = 0; i < 1000; ++i)
      CHECK_FALSE(guard.Note(i % 4 == 0 ? 1000 : kBlockNs + 1, kBlockNs));
  }
  SECTION("eight short ones") {
    for (int i = 0; i < 7; ++i) CHECK_FALSE(guard.Note(1'400'000, 1'333'333));
    CHECK(guard.Note(1'400'000, 1'333'333));
    CHECK(guard.fallen());
  }
  SECTION("one that hangs") {
    CHECK(guard.Note(20'000'000, kBlockNs));
    CHECK(guard.fallen());
  }
}

// Blocks until it has recovered, at most `limit`.
int BlocksToRecover(OverrunGuard* guard, std::uint64_t process_ns, int limit) {
  for (int i = 1; i <= limit; ++i) {
    if (guard->Note(process_ns, kBlockNs)) return guard->fallen() ? -1 : i;
  }
  return limit + 1;
}

TEST_CASE("OverrunGuard: it recovers when the cost is below a half, each time later") {
  OverrunGuard slow, guard;
  slow.Fall();
  CHECK(BlocksToRecover(&slow, kBlockNs * 6 / 10, 100'000) > 100'000);
  guard.Fall();
  int least = 187;  // of 5.33 ms: a second
  for (int fall = 0; fall < 5; ++fall, least *= 2) {
    if (fall > 0) guard.Fall();
    const int blocks = BlocksToRecover(&guard, kBlockNs / 3, 100'000);
    CHECK(blocks >= least);
    CHECK(blocks <= 2 * least + 200);
  }
}

StreamFacts Playing(WakeMode asked, std::uint32_t client = 1, double load = 0.05) {
  StreamFacts facts;
  facts.asked = asked;
  facts.playing = facts.direct = true;
  facts.client = client;
  facts.load = load;
  return facts;
}

TEST_CASE("PlanWaking: auto predicts on a spare core that is not the client's") {
  const auto plans =
      PlanWaking({{1, 2}, 1.5}, {Playing(WakeMode::kAuto), Playing(WakeMode::kAuto)});
  CHECK(plans[0].predict);
  CHECK(plans[0].processor == 2);
  CHECK_THAT(plans[0].why, Catch::Contains("predicts on core 1 (auto: 2 cores, 1.5 to spare)"));
  // One for each spare core.
  CHECK_FALSE(plans[1].predict);
  CHECK(plans[1].processor == 1);
  CHECK_THAT(plans[1].why,
             Catch::Contains("sleeps on core 0 with its client (auto: 1 others predict)"));
}

TEST_CASE("PlanWaking: auto gives way when cores are scarce, and not at once") {
  StreamFacts facts = Playing(WakeMode::kAuto);
  CHECK_FALSE(PlanWaking({{1, 2}, 0.5}, {facts})[0].predict);
  facts.last.predict = true;
  CHECK(PlanWaking({{1, 2}, 0.5}, {facts})[0].predict);
  CHECK_FALSE(PlanWaking({{1, 2}, 0.2}, {facts})[0].predict);
}

TEST_CASE("PlanWaking: on one core alone nobody predicts, asked or not") {
  const auto asked = GENERATE(WakeMode::kAuto, WakeMode::kPredict);
  const WakePlan plan = PlanWaking({{1}, 0.9}, {Playing(asked)})[0];
  CHECK_FALSE(plan.predict);
  CHECK_THAT(plan.why, Catch::Contains("one core alone"));
}

TEST_CASE("PlanWaking: asked to predict it does without a core to spare, but not all streams") {
  std::vector<StreamFacts> streams(5, Playing(WakeMode::kPredict));
  const auto plans = PlanWaking({{1, 2}, 0.0}, streams);
  int predicting = 0;
  for (const WakePlan& plan : plans) predicting += plan.predict ? 1 : 0;
  CHECK(predicting == 2);
}

TEST_CASE("PlanWaking: asked to sleep, pipelined, silent, or put beside its client, it sleeps") {
  StreamFacts facts = Playing(WakeMode::kPredict);
  SECTION("asked") { facts.asked = WakeMode::kSleep; }
  SECTION("pipelined") { facts.direct = false; }
  SECTION("silent") { facts.playing = false; }
  SECTION("placed") { facts.placed = facts.client; }
  CHECK_FALSE(PlanWaking({{1, 2}, 2.0}, {facts})[0].predict);
}

TEST_CASE("PlanWaking: a sleeper is with its client unless that core is full or not its own") {
  StreamFacts facts = Playing(WakeMode::kSleep, 2, 0.3);
  CHECK(PlanWaking({{1, 2}, 0}, {facts})[0].processor == 2);
  CHECK(PlanWaking({{1}, 0}, {facts})[0].processor == 0);
  const auto plans = PlanWaking({{1, 2}, 0}, {facts, facts, facts});
  CHECK(plans[1].processor == 2);
  CHECK(plans[2].processor == 0);
  facts.direct = false;
  CHECK(PlanWaking({{1, 2}, 0}, {facts})[0].processor == 0);
  facts.placed = 1;
  CHECK(PlanWaking({{1, 2}, 0}, {facts})[0].processor == 1);
}

TEST_CASE("PlanWaking: real-time work that would fill the machine is cut, the heaviest first") {
  std::vector<StreamFacts> streams = {Playing(WakeMode::kSleep, 1, 0.9),
                                      Playing(WakeMode::kSleep, 1, 0.5),
                                      Playing(WakeMode::kSleep, 1, 0.6)};
  auto plans = PlanWaking({{1, 2}, 0}, streams);
  CHECK_FALSE(plans[0].realtime);
  CHECK(plans[1].realtime);
  CHECK(plans[2].realtime);
  CHECK_THAT(plans[0].why, Catch::Contains("would fill the processors"));
  // It comes back when there is more than just enough room.
  streams[0].last = plans[0];
  streams[2].load = 0.15;
  CHECK_FALSE(PlanWaking({{1, 2}, 0}, streams)[0].realtime);
  streams[1].load = 0.1;
  CHECK(PlanWaking({{1, 2}, 0}, streams)[0].realtime);
}

}  // namespace
}  // namespace continuo::stream
