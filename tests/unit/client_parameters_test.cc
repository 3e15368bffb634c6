// SPDX-License-Identifier: Apache-2.0
// How the values of parameters come to the runner.
#include <catch2/catch.hpp>
#include <limits>
#include <thread>
#include <vector>

#include "tests/unit/path_bench.h"

namespace continuo::test {
namespace {

TEST_CASE("ParameterBoard: what was set is taken once, with the later value") {
  client::ParameterBoard board;
  board.SetCount(64);
  board.Set(0, 1.0F);
  board.Set(63, 2.0F);
  board.Set(0, 3.0F);
  std::vector<std::pair<std::uint32_t, float>> taken;
  const auto take = [&](std::uint32_t index, float value) { taken.emplace_back(index, value); };
  board.TakeChanges(take);
  CHECK(taken == std::vector<std::pair<std::uint32_t, float>>{{0, 3.0F}, {63, 2.0F}});
  taken.clear();
  board.TakeChanges(take);
  CHECK(taken.empty());
}

TEST_CASE("ParameterBoard: a noted value is kept and not sent") {
  client::ParameterBoard board;
  board.SetCount(2);
  board.Note(1, 0.5F);
  std::uint32_t taken = 0;
  board.TakeChanges([&](std::uint32_t, float) { ++taken; });
  CHECK(taken == 0);
  CHECK(board.Get(1) == 0.5F);
}

TEST_CASE("ParameterBoard: all that there are are sent, and no more") {
  const std::uint32_t count = GENERATE(0U, 1U, 63U, 64U);
  client::ParameterBoard board;
  board.SetCount(count);
  board.SendAll();
  std::uint32_t taken = 0;
  board.TakeChanges([&](std::uint32_t index, float) { taken += index < count; });
  CHECK(taken == count);
}

TEST_CASE("ParameterBoard: what is not finite is not taken") {
  client::ParameterBoard board;
  board.SetCount(1);
  board.Set(0, 0.25F);
  board.Set(
      0, GENERATE(std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()));
  CHECK(board.Get(0) == 0.25F);
}

TEST_CASE("ParameterBoard: of what many threads set nothing is lost") {
  client::ParameterBoard board;
  board.SetCount(64);
  constexpr std::uint32_t kThreads = 4, kLast = 20'000;
  std::vector<std::thread> threads;
  for (std::uint32_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&board, thread] {
      for (std::uint32_t value = 1; value <= kLast; ++value) {
        board.Set(thread * 16 + value % 16, static_cast<float>(value));
      }
    });
  }
  std::vector<float> seen(64, 0.0F);
  const auto complete = [&] {
    for (std::uint32_t i = 0; i < 64; ++i) {
      if (seen[i] != board.Get(i) || seen[i] + 16 <= kLast) return false;
    }
    return true;
  };
  while (!complete()) {
    board.TakeChanges([&](std::uint32_t index, float value) { seen[index] = value; });
  }
  for (auto& thread : threads) thread.join();
  board.TakeChanges([&](std::uint32_t index, float value) { seen[index] = value; });
  CHECK(complete());
}

struct Controlled {
  Controlled() { bench.board.SetCount(3); }
  // The events of the blocks since the last call.
  std::vector<ipc::ParameterEvent> Events() {
    peer->runner.Serve();
    return peer->runner.TakeParameterEvents();
  }
  PathBench bench;
  std::unique_ptr<Peer> peer = bench.Connect({0, 256});
};

TEST_CASE("AudioPath: a new link is told all values, once") {
  Controlled it;
  it.bench.board.Note(0, 1.0F);
  it.bench.board.Note(1, 2.0F);
  it.bench.board.Note(2, 3.0F);
  for (int links = 0; links < 3; ++links) {
    it.bench.Play(256);
    const auto events = it.Events();
    REQUIRE(events.size() == 3);
    for (std::uint32_t i = 0; i < 3; ++i) {
      CHECK(events[i].parameter == i);
      CHECK(events[i].frame == 0);
      CHECK(events[i].value == static_cast<float>(i + 1));
    }
    it.bench.PlayBlocks(3, 256);
    CHECK(it.Events().empty());
    it.bench.link->lost.store(true);
    it.bench.PlayBlocks(2, 256);
    it.peer = it.bench.Connect({0, 256});
  }
}

TEST_CASE("AudioPath: what is set while there is no link is told to the next") {
  Controlled it;
  it.bench.Play(256);
  it.bench.link->lost.store(true);
  it.bench.board.Set(1, 0.75F);
  it.bench.PlayBlocks(3, 256);
  it.peer = it.bench.Connect({0, 256});
  it.bench.Play(256);
  const auto events = it.Events();
  REQUIRE(events.size() == 3);
  CHECK(events[1].value == 0.75F);
}

TEST_CASE("AudioPath: the host's events keep their frames, behind what was set before") {
  Controlled it;
  it.bench.Play(256);
  static_cast<void>(it.Events());
  it.bench.board.Set(0, 9.0F);
  const ipc::ParameterEvent events[] = {{0, 1, 1.0F, 0}, {200, 1, 2.0F, 0}, {255, 2, 3.0F, 0}};
  client::BlockContext context;
  context.parameter_events = events;
  context.parameter_event_count = 3;
  it.bench.Play(256, context);
  const auto got = it.Events();
  REQUIRE(got.size() == 4);
  CHECK(got[0].value == 9.0F);
  CHECK(got[2].frame == 200);
  CHECK(got[3].frame == 255);
  CHECK(it.bench.board.Get(2) == 3.0F);
  CHECK(it.peer->runner.violations == 0);
}

TEST_CASE("AudioPath: events of no parameter or of no number are left out") {
  Controlled it;
  it.bench.Play(256);
  static_cast<void>(it.Events());
  const ipc::ParameterEvent events[] = {{0, 3, 1.0F, 0},
                                        {0, 0xFFFFFFFF, 1.0F, 0},
                                        {1, 0, std::numeric_limits<float>::quiet_NaN(), 0},
                                        {2, 1, 4.0F, 0}};
  client::BlockContext context;
  context.parameter_events = events;
  context.parameter_event_count = 4;
  it.bench.Play(256, context);
  const auto got = it.Events();
  REQUIRE(got.size() == 1);
  CHECK(got[0].value == 4.0F);
  CHECK(it.peer->runner.violations == 0);
}

TEST_CASE("AudioPath: more events than a block holds leave the last values in force") {
  Controlled it;
  it.bench.Play(256);
  static_cast<void>(it.Events());
  std::vector<ipc::ParameterEvent> events(300);
  for (std::uint32_t i = 0; i < 300; ++i) events[i] = {i / 2, i % 2, static_cast<float>(i), 0};
  client::BlockContext context;
  context.parameter_events = events.data();
  context.parameter_event_count = 300;
  it.bench.Play(256, context);
  CHECK(it.Events().size() == ipc::kMaxParameterEvents);
  it.bench.Play(256);
  const auto rest = it.Events();
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].value == 298.0F);
  CHECK(rest[1].value == 299.0F);
}

TEST_CASE("AudioPath: a runner that was stopped during automation gets the value in force") {
  Controlled it;
  client::BlockContext context;
  constexpr std::uint32_t kBlocks = 400;
  for (std::uint32_t i = 0; i < kBlocks; ++i) {  // far more than the ring holds
    const ipc::ParameterEvent event{5, 1, static_cast<float>(i), 0};
    context.parameter_events = &event;
    context.parameter_event_count = 1;
    it.bench.Play(256, context);
  }
  static_cast<void>(it.Events());
  it.bench.Play(256);
  const auto events = it.Events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].frame == 0);
  CHECK(events[0].value == static_cast<float>(kBlocks - 1));
  CHECK(it.peer->runner.violations == 0);
}

}  // namespace
}  // namespace continuo::test
