// SPDX-License-Identifier: Apache-2.0
// AudioPath while the runner is late, stopped or gone.
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "shared/client/runner_suspicion.h"
#include "tests/unit/path_bench.h"

namespace continuo::test {
namespace {

// Of blocks of 256 frames: 0.2 s, out of reach of a busy test machine's hiccups.
constexpr double kDeadline = 40;

client::StreamConfig LateConfig() {
  client::StreamConfig config = PathConfig();
  config.deadline = kDeadline;
  return config;
}

bool IsWet(const PathBench& bench) {
  return bench.Differing(0.5F, 0, bench.played - 256, bench.played) == 0;
}

// False after more blocks than a recovery can need.
bool PlayUntilWet(PathBench& bench, Peer& peer) {
  for (int i = 0; i < 200; ++i) {
    PlayPaced(bench, peer, 1);
    if (IsWet(bench)) return true;
  }
  return false;
}

TEST_CASE("AudioPath: a runner that stops makes the sound dry, and wet again, without a step") {
  PathBench bench(LateConfig());
  const auto peer = bench.Connect();
  peer->runner.Start();
  REQUIRE(PlayUntilWet(bench, *peer));
  peer->runner.Hold();
  const std::uint64_t stopped = bench.played;
  const std::uint64_t missed = bench.counters.missed.load();
  bench.PlayBlocks(10, 256);
  CHECK(bench.Differing(1.0F, 0, stopped + kFadeFrames, bench.played) == 0);
  CHECK(bench.counters.missed.load() == missed + 10);
  peer->runner.Release();
  AwaitAnswers(*peer, bench);
  CHECK(PlayUntilWet(bench, *peer));
  CHECK(bench.LargestStepRatio() < 1.1F);
  CHECK(bench.counters.violations.load() == 0);
}

TEST_CASE("AudioPath: a runner that stops costs one deadline once, not one a block") {
  PathBench bench(LateConfig());
  const auto peer = bench.Connect();
  peer->runner.Start();
  REQUIRE(PlayUntilWet(bench, *peer));
  peer->runner.Hold();
  const std::uint64_t waits = bench.Waits();
  const std::uint64_t missed = bench.counters.missed.load();
  bench.PlayBlocks(50, 256);
  CHECK(bench.Waits() == waits + 1);
  CHECK(bench.counters.missed.load() == missed + 50);
}

TEST_CASE("AudioPath: a stop of longer than the rings hold is recovered from") {
  PathBench bench(LateConfig());
  const auto peer = bench.Connect();
  peer->runner.Start();
  REQUIRE(PlayUntilWet(bench, *peer));
  peer->runner.Hold();
  bench.PlayBlocks(5 * ipc::kSlots, 256);
  peer->runner.Release();
  AwaitAnswers(*peer, bench);
  CHECK(PlayUntilWet(bench, *peer));
  CHECK(bench.LargestStepRatio() < 1.1F);
  CHECK(bench.counters.violations.load() == 0);
}

TEST_CASE("AudioPath: a model that needs a good part of the deadline is wet again after a miss") {
  PathBench bench(LateConfig());
  const auto peer = bench.Connect();
  // The cost of the model: a fifth of the deadline, more than a suspect is given.
  peer->runner.SetSpoil(
      [](ipc::OutputBlock*, Rows*) { std::this_thread::sleep_for(std::chrono::milliseconds(40)); });
  peer->runner.Start();
  REQUIRE(PlayUntilWet(bench, *peer));
  peer->runner.Hold();
  bench.PlayBlocks(2, 256);
  peer->runner.Release();
  AwaitAnswers(*peer, bench);
  CHECK(PlayUntilWet(bench, *peer));
}

TEST_CASE("AudioPath: sixteen streams of a stopped runner wait once each") {
  constexpr int kStreams = 16;
  std::vector<std::unique_ptr<PathBench>> benches;
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < kStreams; ++i) {
    benches.push_back(std::make_unique<PathBench>(LateConfig()));
    LinkOptions options;
    options.runner_pid = 77;
    peers.push_back(benches.back()->Connect(options));
    peers.back()->runner.Start();
    REQUIRE(PlayUntilWet(*benches.back(), *peers.back()));
  }
  for (auto& peer : peers) peer->runner.Hold();
  std::vector<std::uint64_t> waits;
  for (auto& bench : benches) waits.push_back(bench->Waits());
  for (int block = 0; block < 5; ++block) {
    for (auto& bench : benches) bench->Play(256);
  }
  for (int i = 0; i < kStreams; ++i) {
    CHECK(benches[i]->Waits() == waits[i] + 1);
    CHECK(benches[i]->LargestStepRatio() < 1.1F);
  }
  for (int i = 0; i < kStreams; ++i) {
    peers[i]->runner.Release();
    AwaitAnswers(*peers[i], *benches[i]);
    CHECK(PlayUntilWet(*benches[i], *peers[i]));
  }
}

TEST_CASE("RunnerSuspicion: all streams of a stopped runner together wait little more than one") {
  auto& suspicion = client::RunnerSuspicion::Of(4242);
  suspicion.Clear();
  std::uint64_t sum = 0;
  for (int stream = 0; stream < 200; ++stream) {
    sum += suspicion.Shorten(1'000'000);
    suspicion.Note();
  }
  CHECK(sum < 1'200'000);
  CHECK(suspicion.Shorten(~std::uint64_t{0}) <= 1);
  suspicion.Clear();
  CHECK(suspicion.Shorten(1'000'000) == 1'000'000);
}

TEST_CASE("AudioPath: a link that is lost makes the sound dry without a step, at no wait") {
  const std::uint32_t pipelined = GENERATE(0U, 256U);
  PathBench bench(LateConfig());
  const auto peer = bench.Connect({0, pipelined});
  if (pipelined == 0) {
    peer->runner.Start();
    REQUIRE(PlayUntilWet(bench, *peer));
  } else {
    bench.PlayBlocks(20, 256, peer->runner);
  }
  const std::uint64_t waits = bench.Waits();
  const std::uint64_t missed = bench.counters.missed.load();
  const std::uint64_t lost = bench.played;
  bench.link->lost.store(true);
  bench.PlayBlocks(20, 256);
  CHECK(bench.Differing(1.0F, pipelined, lost + kFadeFrames, bench.played) == 0);
  CHECK(bench.LargestStepRatio() < 1.1F);
  CHECK(bench.Waits() == waits);
  CHECK(bench.counters.missed.load() == missed + 20);
}

TEST_CASE("AudioPath: a new link in the place of one that worked is faded in, not cut to") {
  const bool told = GENERATE(true, false);  // whether the path sees the loss before
  PathBench bench(PathConfig(2, 256));
  const auto first = bench.Connect({0, 256, 0, false, 1, 0.5F});
  bench.PlayBlocks(20, 256, first->runner);
  if (told) {
    bench.link->lost.store(true);
    bench.PlayBlocks(5, 256);
  }
  const auto second = bench.Connect({0, 256, 0, false, 2, -0.5F});
  bench.PlayBlocks(20, 256, second->runner);
  CHECK(bench.Differing(-0.5F, 256, bench.played - 256, bench.played) == 0);
  CHECK(bench.LargestStepRatio() < 1.1F);
}

TEST_CASE("AudioPath: a new link with another latency moves the dry signal without a step") {
  PathBench bench;
  const auto first = bench.Connect({100, 0});
  bench.PlayBlocks(10, 256);
  const auto second = bench.Connect({1234, 256});
  bench.PlayBlocks(10, 256);
  CHECK(bench.Differing(1.0F, 1490, bench.played - 512, bench.played) == 0);
  CHECK(bench.LargestStepRatio() < 1.35F);  // the offset decays on top of the signal's slope
}

TEST_CASE("AudioPath: in pipelined mode a late result is a dry block, and nothing is waited for") {
  PathBench bench;
  const auto peer = bench.Connect({0, 256});
  bench.PlayBlocks(20, 256, peer->runner);
  bench.PlayBlocks(3, 256);  // not served: the first of these still has its result
  CHECK(bench.counters.missed.load() == 2);
  bench.PlayBlocks(30, 256, peer->runner);
  CHECK(bench.Differing(0.5F, 256, bench.played - 512, bench.played) == 0);
  CHECK(bench.LargestStepRatio() < 1.1F);
  CHECK(bench.Waits() == 0);
}

TEST_CASE("AudioPath: a model that fails is not waited for") {
  PathBench bench(PathConfig());  // whose deadline never comes
  const auto peer = bench.Connect();
  std::uint32_t answers = 0;
  peer->runner.SetSpoil([&answers](ipc::OutputBlock* block, Rows*) {
    if (++answers > 20) block->flags = ipc::kOutputFailed;
  });
  peer->runner.Start();
  for (int i = 0; i < 30; ++i) PlayPaced(bench, *peer, 1);
  CHECK(bench.Differing(1.0F, 0, bench.played - 256, bench.played) == 0);
  CHECK(bench.counters.missed.load() == 10);
  CHECK(bench.counters.violations.load() == 0);
  CHECK(bench.LargestStepRatio() < 1.1F);
}

}  // namespace
}  // namespace continuo::test
