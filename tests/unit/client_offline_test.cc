// SPDX-License-Identifier: Apache-2.0
// AudioPath during an export: exactness before speed, and an end to every wait.
#include <atomic>
#include <catch2/catch.hpp>
#include <limits>
#include <thread>

#include "tests/unit/path_bench.h"

namespace continuo::test {
namespace {

client::BlockContext Offline() {
  client::BlockContext context;
  context.offline = true;
  return context;
}

TEST_CASE("AudioPath: an export is wet from its first frame, at every length") {
  const std::uint32_t frames = GENERATE(1U, 63U, 64U, 65U, 256U, 441U, 1024U);
  PathBench bench(PathConfig(2, 1024));
  const auto peer = bench.Connect();
  peer->runner.Start();
  bench.PlayBlocks(30, frames, Offline());
  CHECK(bench.Differing(0.5F, 0, 0, bench.played) == 0);
  CHECK(bench.counters.wet_blocks.load() == 30);
}

TEST_CASE("AudioPath: an export has latency only where the user asked for pipelined mode") {
  const bool asked = GENERATE(true, false);
  PathBench bench;
  const auto peer = bench.Connect({0, 256, 0, asked});
  peer->runner.Start();
  bench.PlayBlocks(30, 256, Offline());
  CHECK(bench.counters.latency_frames.load() == (asked ? 256 : 0));
  CHECK(bench.Differing(0.5F, asked ? 256 : 0, 0, bench.played) == 0);
}

TEST_CASE("AudioPath: an export waits for the link") {
  PathBench bench;
  bench.connection.store(client::Connection::kConnecting);
  std::atomic<bool> playing{false};
  std::unique_ptr<Peer> peer;
  std::thread control([&] {
    while (!playing.load()) std::this_thread::yield();
    peer = bench.Connect();
    peer->runner.Start();
    bench.connection.store(client::Connection::kConnected);
  });
  playing.store(true);
  bench.PlayBlocks(3, 256, Offline());
  control.join();
  CHECK(bench.Differing(0.5F, 0, 0, bench.played) == 0);
}

TEST_CASE("AudioPath: an export sends its block again over a new link, events and all") {
  PathBench bench;
  bench.board.SetCount(2);
  const auto dead = bench.Connect();
  std::unique_ptr<Peer> peer;
  std::thread control([&] {
    while (dead->segment->client().input_write.load() == 0) std::this_thread::yield();
    client::Link* lost = bench.link;
    peer = bench.Connect();
    peer->runner.Start();
    lost->lost.store(true);
  });
  const ipc::ParameterEvent event{17, 1, 0.25F, 0};
  client::BlockContext context = Offline();
  context.parameter_events = &event;
  context.parameter_event_count = 1;
  bench.Play(256, context);
  bench.PlayBlocks(3, 256, Offline());
  control.join();
  CHECK(bench.Differing(0.5F, 0, 0, bench.played) == 0);
  peer->runner.Hold();
  REQUIRE(peer->runner.blocks().size() == 4);
  CHECK(peer->runner.blocks()[0].frames == 256);
  REQUIRE(peer->runner.parameter_events().size() == 3);  // both values in force, then the event
  CHECK(peer->runner.parameter_events()[2].frame == 17);
  CHECK(peer->runner.parameter_events()[2].value == 0.25F);
}

TEST_CASE("AudioPath: an export does not wait for a daemon that refuses, or for no model") {
  client::StreamConfig config = PathConfig();
  config.offline_patience_s = 1e6;
  PathBench bench(config);
  bench.connection.store(GENERATE(client::Connection::kUnavailable, client::Connection::kIdle));
  bench.PlayBlocks(5, 256, Offline());
  CHECK(bench.Differing(1.0F, 0, 0, bench.played) == 0);
}

TEST_CASE("AudioPath: an export gives up on a silent runner once, and goes on dry") {
  client::StreamConfig config = PathConfig();
  config.offline_patience_s = 0.05;
  PathBench bench(config);
  const auto peer = bench.Connect();
  bench.PlayBlocks(20, 256, Offline());
  CHECK(bench.Differing(1.0F, 0, 0, bench.played) == 0);
  CHECK(peer->segment->client().input_write.load() == 1);
}

TEST_CASE("AudioPath: the export after one that gave up waits again") {
  client::StreamConfig config = PathConfig();
  config.offline_patience_s = 0.2;
  PathBench bench(config);
  const auto peer = bench.Connect();
  bench.Play(256, Offline());
  peer->runner.Start();
  bench.Play(256);
  const std::uint64_t begin = bench.played;
  bench.PlayBlocks(5, 256, Offline());
  CHECK(bench.Differing(0.5F, 0, begin + 2 * kFadeFrames, bench.played) == 0);
}

TEST_CASE("AudioPath: an export ends its wait on a runner that lives and never answers") {
  client::StreamConfig config = PathConfig();
  config.offline_patience_s = 0.05;
  PathBench bench(config);
  const auto peer = bench.Connect();
  std::atomic<bool> done{false};
  std::thread heart([&] {
    while (!done.load()) peer->segment->runner().heartbeat_ns.fetch_add(1);
  });
  bench.Play(256, Offline());
  done.store(true);
  heart.join();
  CHECK(bench.Differing(1.0F, 0, 0, bench.played) == 0);
}

TEST_CASE(
    "AudioPath: an export plays a block dry whose result is bad, without a step, and goes on") {
  const int kind = GENERATE(0, 1, 2, 3);
  client::StreamConfig config = PathConfig();
  config.offline_patience_s = 1e6;
  PathBench bench(config);
  const auto peer = bench.Connect();
  std::uint32_t answers = 0;
  peer->runner.SetSpoil([&answers, kind](ipc::OutputBlock* block, Rows* audio) {
    if (++answers != 10) return;
    if (kind == 0) block->flags = ipc::kOutputFailed;
    if (kind == 1) (*audio)[1][3] = std::numeric_limits<float>::quiet_NaN();
    if (kind == 2) block->position += 1;
    if (kind == 3) block->frames -= 1;
  });
  peer->runner.Start();
  bench.PlayBlocks(30, 256, Offline());
  CHECK(bench.counters.wet_blocks.load() == 29);
  CHECK(bench.counters.violations.load() == (kind == 0 ? 0 : 1));
  CHECK(bench.Differing(0.5F, 0, 0, 9 * 256) == 0);
  CHECK(bench.Differing(0.5F, 0, 10 * 256 + 2 * kFadeFrames, bench.played) == 0);
  CHECK(bench.LargestStepRatio() < 1.1F);
}

TEST_CASE("AudioPath: an export with latency begins though what is due was never sent") {
  client::StreamConfig config = PathConfig();
  config.offline_patience_s = 1e6;
  PathBench bench(config);
  bench.PlayBlocks(4, 256);  // heard, and no link
  const auto peer = bench.Connect({0, 256, 0, true});
  peer->runner.Start();
  bench.PlayBlocks(10, 256, Offline());
  CHECK(bench.Differing(0.5F, 256, bench.played - 1024, bench.played) == 0);
}

TEST_CASE("AudioPath: an export with a hostile read index gives up and counts") {
  client::StreamConfig config = PathConfig();
  config.offline_patience_s = 0.05;
  PathBench bench(config);
  const auto peer = bench.Connect();
  peer->segment->runner().input_read.store(5);
  bench.Play(256, Offline());
  CHECK(bench.Differing(1.0F, 0, 0, bench.played) == 0);
  CHECK(bench.counters.violations.load() > 0);
}

TEST_CASE("AudioPath: an export after Reset is the same as one on a new stream") {
  PathBench bench;
  const auto peer = bench.Connect();
  peer->runner.Start();
  bench.PlayBlocks(10, 256);
  bench.path->Reset();
  const std::uint64_t begin = bench.played;
  bench.PlayBlocks(10, 256, Offline());
  CHECK(bench.Differing(0.5F, 0, begin, bench.played) == 0);
}

}  // namespace
}  // namespace continuo::test
