// SPDX-License-Identifier: Apache-2.0
// AudioPath with a runner that answers: alignment to the frame in every mode.
#include <catch2/catch.hpp>

#include "tests/unit/path_bench.h"

namespace continuo::test {
namespace {

constexpr std::uint32_t kLengths[] = {1, 63, 64, 65, 256, 441, 1024};

TEST_CASE("AudioPath: without a link the input comes out as it went in") {
  const std::uint32_t frames = GENERATE(1U, 63U, 64U, 65U, 256U);
  PathBench bench;
  bench.PlayBlocks(5, frames);
  CHECK(bench.Differing(1.0F, 0, 0, bench.played) == 0);
  CHECK(bench.counters.blocks.load() == 5);
  CHECK(bench.counters.wet_blocks.load() == 0);
  CHECK(bench.counters.missed.load() == 0);
}

TEST_CASE("AudioPath: direct mode gives each block its own result, at every length") {
  const std::uint32_t frames = GENERATE(1U, 63U, 64U, 65U, 256U, 441U, 1024U);
  PathBench bench(PathConfig(2, 1024));
  const auto peer = bench.Connect();
  peer->runner.Start();
  while (bench.played < 2 * kFadeFrames ||
         bench.Differing(0.5F, 0, bench.played - 1, bench.played)) {
    bench.Play(frames);
  }
  const std::uint64_t wet_from = bench.played;
  bench.PlayBlocks(50, frames);
  CHECK(bench.Differing(0.5F, 0, wet_from, bench.played) == 0);
  CHECK(bench.LargestStepRatio() < 1.1F);
  CHECK(bench.counters.latency_frames.load() == 0);
  CHECK(bench.counters.missed.load() == 0);
  CHECK(bench.counters.violations.load() == 0);
}

TEST_CASE("AudioPath: direct mode follows a host that changes its block length") {
  PathBench bench(PathConfig(1, 1024));
  const auto peer = bench.Connect();
  peer->runner.Start();
  while (bench.played < 2 * kFadeFrames ||
         bench.Differing(0.5F, 0, bench.played - 1, bench.played)) {
    bench.Play(256);
  }
  const std::uint64_t wet_from = bench.played;
  for (int round = 0; round < 10; ++round) {
    for (const std::uint32_t frames : kLengths) bench.Play(frames);
  }
  CHECK(bench.Differing(0.5F, 0, wet_from, bench.played) == 0);
}

TEST_CASE("AudioPath: pipelined mode is late by its blocks exactly, whatever the lengths") {
  const std::uint32_t blocks = GENERATE(1U, 2U, 3U, 16U);
  client::StreamConfig config = PathConfig(2, 1024);
  config.pipelined_blocks = blocks;
  PathBench bench(config);
  LinkOptions options;
  options.pipelined_frames = blocks * 1024;
  const auto peer = bench.Connect(options);
  for (int round = 0; round < 20; ++round) {
    for (const std::uint32_t frames : kLengths) bench.PlayBlocks(1, frames, peer->runner);
  }
  const std::uint64_t wet_from = blocks * 1024 + 4 * 1024 + kFadeFrames;
  CHECK(bench.Differing(0.5F, blocks * 1024, wet_from, bench.played) == 0);
  CHECK(bench.counters.latency_frames.load() == blocks * 1024);
  CHECK(bench.counters.missed.load() == 0);
  CHECK(bench.Waits() == 0);
}

TEST_CASE("AudioPath: the dry signal is late by what model and pipeline are, to the frame") {
  struct Case {
    std::uint32_t model, pipelined;
  };
  const auto delay =
      GENERATE(Case{0, 0}, Case{1, 0}, Case{37, 0}, Case{16384, 0}, Case{0, 256}, Case{37, 512});
  client::StreamConfig config = PathConfig();
  config.pipelined_blocks = 2;
  PathBench bench(config);
  LinkOptions options;
  options.model_latency_frames = delay.model;
  options.pipelined_frames = delay.pipelined;
  const auto peer = bench.Connect(options);  // never answers
  bench.PlayBlocks(80, 256);
  const std::uint32_t sum = delay.model + delay.pipelined;
  CHECK(bench.Differing(1.0F, sum, kFadeFrames, bench.played) == 0);
  CHECK(bench.counters.latency_frames.load() == sum);
}

TEST_CASE("AudioPath: the dry part of a mix is aligned to the wet part of a model with latency") {
  const std::uint32_t latency = GENERATE(0U, 1U, 100U, 1000U);
  const std::uint32_t pipelined = GENERATE(0U, 256U);
  PathBench bench;
  LinkOptions options;
  options.model_latency_frames = latency;
  options.pipelined_frames = pipelined;
  options.gain = -1.0F;  // wet + dry cancel where they are aligned
  const auto peer = bench.Connect(options);
  client::BlockContext context;
  context.dry_gain = 1.0F;
  if (pipelined == 0) peer->runner.Start();
  for (int i = 0; i < 40; ++i) {
    bench.Play(256, context);
    if (pipelined != 0) peer->runner.Serve();
  }
  while (pipelined == 0 && bench.output[0].back() != 0.0F) bench.Play(256, context);
  const std::uint64_t wet_from = bench.played - (pipelined != 0 ? 20 * 256 : 0);
  bench.PlayBlocks(pipelined != 0 ? 0 : 20, 256, context);
  std::uint64_t not_silent = 0;
  for (std::uint64_t i = wet_from; i < bench.played; ++i) not_silent += bench.output[0][i] != 0.0F;
  CHECK(not_silent == 0);
}

TEST_CASE("AudioPath: input and output may be the same memory") {
  PathBench bench(PathConfig(1, 64));
  const auto peer = bench.Connect({0, 64});
  Rows audio(1, 64);
  std::uint64_t differing = 0;
  for (std::uint32_t block = 0; block < 40; ++block) {
    for (std::uint32_t i = 0; i < 64; ++i) audio[0][i] = static_cast<float>(block + 1);
    bench.path->Process(audio.From(), audio.From(), 64, {});
    peer->runner.Serve();
    for (std::uint32_t i = 0; block > 20 && i < 64; ++i) {
      differing += audio[0][i] != 0.5F * static_cast<float>(block);
    }
  }
  CHECK(differing == 0);
}

TEST_CASE("AudioPath: a block above the maximum passes as it is, and the next is wet again") {
  PathBench bench(PathConfig(2, 64));
  const auto peer = bench.Connect({0, 64});
  bench.PlayBlocks(20, 64, peer->runner);
  const std::uint64_t begin = bench.played;
  const std::uint32_t frames = GENERATE(65U, 441U, 4097U);
  bench.Play(frames);
  CHECK(bench.Differing(1.0F, 0, begin, bench.played) == 0);
  CHECK(bench.counters.blocks.load() == 20);
  bench.PlayBlocks(4, 64, peer->runner);
  CHECK(bench.counters.wet_blocks.load() == 24);
}

TEST_CASE("AudioPath: a block of no frames changes nothing") {
  PathBench bench;
  bench.Play(0);
  CHECK(bench.counters.blocks.load() == 0);
}

TEST_CASE("AudioPath: a path that takes over goes on without a step, and knows the sound before") {
  client::StreamConfig config = PathConfig();
  PathBench before(config);
  before.PlayBlocks(20, 256);
  PathBench after(config);
  after.played = before.played;
  after.output = before.output;
  after.path->ContinueFrom(*before.path);
  after.PlayBlocks(2, 256);
  LinkOptions options;
  options.model_latency_frames = 2000;  // more than the new path has heard itself
  const auto peer = after.Connect(options);
  after.PlayBlocks(20, 256);
  CHECK(after.LargestStepRatio() < 1.1F);
  CHECK(after.Differing(1.0F, 2000, before.played + 512 + kFadeFrames, after.played) == 0);
}

TEST_CASE("AudioPath: after Reset what was on its way is silence, and the model rests once") {
  client::StreamConfig config = PathConfig(1, 256);
  config.pipelined_blocks = 4;
  PathBench bench(config);
  LinkOptions options;
  options.pipelined_frames = 1024;
  options.model_latency_frames = 500;
  const auto peer = bench.Connect(options);
  bench.PlayBlocks(40, 256, peer->runner);
  const std::uint64_t reset = bench.played;
  bench.path->Reset();
  bench.PlayBlocks(40, 256, peer->runner);
  std::uint64_t old_sound = 0;
  for (std::uint64_t i = reset + kFadeFrames; i < reset + 1024; ++i) {
    old_sound += bench.output[0][i] != 0.0F;
  }
  CHECK(old_sound == 0);
  // The peer keeps its own delay line, so that the sound is compared behind it.
  CHECK(bench.Differing(0.5F, 1524, reset + 1524 + kFadeFrames, bench.played) == 0);
  std::uint32_t resets = 0;
  for (const ipc::InputBlock& block : peer->runner.blocks()) {
    resets += (block.flags & ipc::kBlockReset) != 0;
  }
  CHECK(resets == 1);
  CHECK((peer->runner.blocks()[40].flags & ipc::kBlockReset) != 0);
  CHECK(bench.counters.violations.load() == 0);
}

}  // namespace
}  // namespace continuo::test
