// SPDX-License-Identifier: Apache-2.0
// The change between direct and pipelined in play: heard as one crossfade, and by no click.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <thread>

#include "shared/client/crossfade.h"
#include "tests/unit/path_bench.h"

namespace continuo::test {
namespace {

// Noise below some 2 kHz, as music has it; the same for the same frame.
float Music(std::uint32_t channel, std::uint64_t frame) {
  const auto noise = [channel](std::uint64_t n) {
    std::uint64_t x = (n + 1) * 0x9E3779B97F4A7C15ULL + channel;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return static_cast<float>(static_cast<double>(x >> 11) / 9007199254740992.0 - 0.5);
  };
  float sum = 0.0F;
  for (std::uint64_t k = 0; k < 24; ++k) sum += noise(frame + k);
  return 0.25F * sum;
}

// A stream whose runner takes long enough for waiting to be most of what this thread does.
struct Adaptive {
  Adaptive(std::uint32_t pipelined_blocks, std::uint32_t latency_frames, float gain) {
    client::StreamConfig config = PathConfig();
    config.pipelined_blocks = pipelined_blocks;
    bench = std::make_unique<PathBench>(config);
    LinkOptions options;
    options.model_latency_frames = latency_frames;
    options.adaptive_frames = pipelined_blocks * 256;
    options.gain = gain;
    peer = bench->Connect(options);
    peer->runner.SetSpoil([](ipc::OutputBlock*, Rows*) {
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    });
    peer->runner.Start();
  }
  // Plays until the mode has changed; the frame at which it did, 0 where it does not.
  std::uint64_t PlayUntilPipelinedIs(std::uint32_t pipelined_frames,
                                     const client::BlockContext& context = {}) {
    for (int i = 0; i < 40000; ++i) {
      const std::uint64_t before = bench->played;
      PlayPaced(*bench, *peer, 1, 256, context);
      if (bench->counters.pipelined_frames.load() == pipelined_frames) return before;
    }
    return 0;
  }
  std::unique_ptr<PathBench> bench;
  std::unique_ptr<Peer> peer;
};

// Frames from `begin` on that are not the crossfade from one delay to another, within what
// adding up 384 steps rounds.
std::uint64_t NotTheFade(const PathBench& bench, float gain, std::uint64_t begin,
                         std::uint32_t from, std::uint32_t to) {
  const double step = 1.0 / (client::kFadeSeconds * bench.config.sample_rate_hz);
  std::uint64_t count = 0;
  for (std::uint32_t channel = 0; channel < bench.config.channels; ++channel) {
    for (std::uint64_t i = 0; i < 1024; ++i) {
      const double blend = std::min(1.0, step * static_cast<double>(i + 1));
      const std::uint64_t at = begin + i;
      const double before = gain * bench.source(channel, at - from);
      const double after = gain * bench.source(channel, at - to);
      const double wanted = before + blend * (after - before);
      count += std::fabs(bench.output[channel][at] - wanted) > 1e-5;
    }
  }
  return count;
}

TEST_CASE("AudioPath: a change of mode is a crossfade of the same sound at two delays") {
  const auto [blocks, latency, music] =
      GENERATE(Catch::Generators::table<std::uint32_t, std::uint32_t, bool>(
          {{1, 0, false}, {3, 37, false}, {1, 37, true}, {2, 0, true}}));
  const std::uint32_t pipelined = blocks * 256;
  Adaptive it(blocks, latency, 0.5F);
  PathBench& bench = *it.bench;
  if (music) bench.source = Music;
  PlayPaced(bench, *it.peer, 40);
  REQUIRE(bench.counters.latency_frames.load() == latency);
  const std::uint64_t wet_from = bench.played;

  const std::uint64_t to_pipelined = it.PlayUntilPipelinedIs(pipelined);
  REQUIRE(to_pipelined > wet_from);
  CHECK(bench.counters.latency_frames.load() == latency + pipelined);
  CHECK(bench.counters.mode_reason.load() == static_cast<std::uint32_t>(client::ModeReason::kHost));
  PlayPaced(bench, *it.peer, 20);
  const std::uint64_t to_direct = it.PlayUntilPipelinedIs(0);
  REQUIRE(to_direct > to_pipelined);
  CHECK(bench.counters.latency_frames.load() == latency);
  CHECK(bench.counters.mode_reason.load() == static_cast<std::uint32_t>(client::ModeReason::kRoom));
  PlayPaced(bench, *it.peer, 20);

  CHECK(bench.Differing(0.5F, latency, wet_from, to_pipelined) == 0);
  CHECK(NotTheFade(bench, 0.5F, to_pipelined, latency, latency + pipelined) == 0);
  CHECK(bench.Differing(0.5F, latency + pipelined, to_pipelined + kFadeFrames, to_direct) == 0);
  CHECK(NotTheFade(bench, 0.5F, to_direct, latency + pipelined, latency) == 0);
  CHECK(bench.Differing(0.5F, latency, to_direct + kFadeFrames, bench.played) == 0);
  // A sine's two delays differ by its height at most, spread over the fade.
  if (!music) CHECK(bench.LargestStepRatio(wet_from) < 1.0F + 1.6F / 384.0F / SineStep(0));
  CHECK(bench.counters.missed.load() == 0);
  CHECK(bench.counters.late.load() == 0);
  CHECK(bench.counters.violations.load() == 0);
}

TEST_CASE("AudioPath: wet and dry stay aligned to the frame while the mode changes") {
  Adaptive it(2, 37, -1.0F);  // wet + dry cancel where they are aligned
  client::BlockContext context;
  context.dry_gain = 1.0F;
  PlayPaced(*it.bench, *it.peer, 40, 256, context);
  const std::uint64_t wet_from = it.bench->played;
  REQUIRE(it.PlayUntilPipelinedIs(512, context) > 0);
  PlayPaced(*it.bench, *it.peer, 20, 256, context);
  REQUIRE(it.PlayUntilPipelinedIs(0, context) > 0);
  PlayPaced(*it.bench, *it.peer, 20, 256, context);
  std::uint64_t not_silent = 0;
  for (std::uint64_t i = wet_from; i < it.bench->played; ++i) {
    not_silent += it.bench->output[0][i] != 0.0F;
  }
  CHECK(not_silent == 0);
}

TEST_CASE("AudioPath: direct mode that keeps missing becomes pipelined, and is wet there") {
  client::StreamConfig config = PathConfig();
  config.deadline = 4;  // 21 ms
  PathBench bench(config);
  LinkOptions options;
  options.adaptive_frames = 256;
  const auto peer = bench.Connect(options);
  std::atomic<bool> slow{false};
  peer->runner.SetSpoil([&slow](ipc::OutputBlock*, Rows*) {
    if (slow) std::this_thread::sleep_for(std::chrono::milliseconds(40));
  });
  peer->runner.Start();
  PlayPaced(bench, *peer, 10);
  REQUIRE(bench.counters.wet_blocks.load() > 0);
  slow = true;
  PlayPaced(bench, *peer, 60);
  CHECK(bench.counters.pipelined_frames.load() == 256);
  CHECK(bench.counters.latency_frames.load() == 256);
  CHECK(bench.counters.mode_reason.load() ==
        static_cast<std::uint32_t>(client::ModeReason::kMisses));
  CHECK(bench.Differing(0.5F, 256, bench.played - 256, bench.played) == 0);
  CHECK(bench.counters.missed.load() > 0);
  CHECK(bench.counters.late.load() > 0);
  CHECK(bench.counters.late.load() <= bench.counters.missed.load());
  // Offsets decay on top of the signal and of the fades, never more than these.
  CHECK(bench.LargestStepRatio() < 1.6F);
}

TEST_CASE("AudioPath: a mode that was asked for is kept, whatever it costs") {
  const std::uint32_t pipelined = GENERATE(0U, 256U);
  client::StreamConfig config = PathConfig();
  config.deadline = 0.05;
  PathBench bench(config);
  const auto peer = bench.Connect({0, pipelined});
  peer->runner.SetSpoil(
      [](ipc::OutputBlock*, Rows*) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); });
  peer->runner.Start();
  PlayPaced(bench, *peer, 1000);
  CHECK(bench.counters.pipelined_frames.load() == pipelined);
  CHECK(bench.counters.mode_reason.load() ==
        static_cast<std::uint32_t>(client::ModeReason::kAsked));
}

TEST_CASE("AudioPath: a stream that begins pipelined by admission exports without latency") {
  PathBench bench;
  LinkOptions options;
  options.pipelined_frames = 256;
  options.adaptive_frames = 256;
  const auto peer = bench.Connect(options);
  peer->runner.Start();
  PlayPaced(bench, *peer, 20);
  CHECK(bench.counters.latency_frames.load() == 256);
  client::BlockContext context;
  context.offline = true;
  const std::uint64_t begin = bench.played;
  PlayPaced(bench, *peer, 20, 256, context);
  CHECK(bench.counters.latency_frames.load() == 0);
  CHECK(bench.Differing(0.5F, 0, begin + 2 * kFadeFrames, bench.played) == 0);
  PlayPaced(bench, *peer, 20);
  CHECK(bench.counters.latency_frames.load() == 256);
  CHECK(bench.Differing(0.5F, 256, bench.played - 256, bench.played) == 0);
  CHECK(bench.LargestStepRatio() < 1.35F);
}

TEST_CASE("AudioPath: the host's dry part moves to another delay without a step") {
  PathBench bench;
  client::BlockContext context;
  context.wet_gain = 0.0F;
  context.dry_gain = 1.0F;
  const auto first = bench.Connect({100, 0});
  bench.PlayBlocks(10, 256, context);
  const auto second = bench.Connect({1234, 256});
  bench.PlayBlocks(1, 256, context);
  const auto third = bench.Connect({17, 0});  // while the last is still being moved to
  bench.PlayBlocks(10, 256, context);
  CHECK(bench.Differing(1.0F, 17, bench.played - 512, bench.played) == 0);
  CHECK(bench.LargestStepRatio() < 1.6F);
}

}  // namespace
}  // namespace continuo::test
