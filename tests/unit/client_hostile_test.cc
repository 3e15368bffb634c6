// SPDX-License-Identifier: Apache-2.0
// A runner can write anything: it is counted, it sounds dry, and a runner that
// writes well again is heard again.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "tests/unit/path_bench.h"

namespace continuo::test {
namespace {

std::uint64_t NotFinite(const PathBench& bench) {
  std::uint64_t count = 0;
  for (const auto& row : bench.output) {
    for (const float sample : row) count += !std::isfinite(sample);
  }
  return count;
}

TEST_CASE("AudioPath: each value of an answer beyond its bounds is counted and sounds dry") {
  struct Attack {
    const char* what;
    ScriptedRunner::Spoil spoil;
  };
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  const Attack attacks[] = {
      {"position before", [](ipc::OutputBlock* b, Rows*) { b->position -= 256; }},
      {"position after", [](ipc::OutputBlock* b, Rows*) { b->position += 1; }},
      {"position one block after", [](ipc::OutputBlock* b, Rows*) { b->position += 256; }},
      {"position 0", [](ipc::OutputBlock* b, Rows*) { b->position = 0; }},
      {"position most", [](ipc::OutputBlock* b, Rows*) { b->position = ~std::uint64_t{0}; }},
      {"sequence before", [](ipc::OutputBlock* b, Rows*) { b->sequence -= 1; }},
      {"sequence after", [](ipc::OutputBlock* b, Rows*) { b->sequence += 1; }},
      {"sequence most", [](ipc::OutputBlock* b, Rows*) { b->sequence = kMost; }},
      {"sequence one table before",
       [](ipc::OutputBlock* b, Rows*) { b->sequence -= client::Link::kMaxSent; }},
      {"frames less", [](ipc::OutputBlock* b, Rows*) { b->frames -= 1; }},
      {"frames 1", [](ipc::OutputBlock* b, Rows*) { b->frames = 1; }},
      {"first sample not a number",
       [](ipc::OutputBlock*, Rows* a) { (*a)[0][0] = std::numeric_limits<float>::quiet_NaN(); }},
      {"last sample infinite",
       [](ipc::OutputBlock*, Rows* a) { (*a)[1][255] = -std::numeric_limits<float>::infinity(); }},
  };
  for (const Attack& attack : attacks) {
    CAPTURE(attack.what);
    PathBench bench;
    const auto peer = bench.Connect({0, 256});
    std::uint32_t answers = 0;
    peer->runner.SetSpoil([&](ipc::OutputBlock* block, Rows* audio) {
      ++answers;
      if (answers > 20 && answers <= 24) attack.spoil(block, audio);
    });
    bench.PlayBlocks(25, 256, peer->runner);
    CHECK(bench.Differing(1.0F, 256, bench.played - 256, bench.played) == 0);
    CHECK(bench.counters.missed.load() == 4);
    CHECK(bench.counters.violations.load() == 4);
    bench.PlayBlocks(20, 256, peer->runner);
    CHECK(bench.Differing(0.5F, 256, bench.played - 512, bench.played) == 0);
    CHECK(NotFinite(bench) == 0);
    CHECK(bench.LargestStepRatio() < 1.1F);
  }
}

TEST_CASE("AudioPath: an answer cannot be given before its block was sent") {
  PathBench bench;
  const auto peer = bench.Connect({0, 256});
  bench.PlayBlocks(20, 256, peer->runner);
  // One that answers the next block now, another that answers the last one again.
  ipc::OutputBlock early{};
  early.sequence = 20 - GENERATE(0, 1);
  early.position = client::FrameHistory::kStart + bench.played;
  early.frames = 256;
  const std::uint32_t write = peer->segment->runner().output_write.load();
  std::memcpy(peer->segment->OutputSlot(write), &early, sizeof early);
  peer->segment->runner().output_write.store(write + 1);
  bench.Play(256);
  CHECK(bench.counters.violations.load() == 1);
}

TEST_CASE("AudioPath: a write index that cannot be is counted, sounds dry and is waited for once") {
  const std::uint32_t pipelined = GENERATE(0U, 256U);
  client::StreamConfig config = PathConfig();
  config.deadline = 40;
  PathBench bench(config);
  const auto peer = bench.Connect({0, pipelined});
  bench.PlayBlocks(20, 256, peer->runner);
  peer->segment->runner().output_write.store(peer->segment->client().output_read.load() +
                                             ipc::kSlots + 1);
  const std::uint64_t waits = bench.Waits();
  bench.PlayBlocks(10, 256);
  CHECK(bench.counters.violations.load() >= 10);
  CHECK(bench.Waits() <= waits + 1);
  CHECK(NotFinite(bench) == 0);
  CHECK(bench.LargestStepRatio() < 1.1F);
}

TEST_CASE("AudioPath: a read index that cannot be is counted and sounds dry") {
  PathBench bench;
  const auto peer = bench.Connect({0, 256});
  bench.PlayBlocks(20, 256, peer->runner);
  peer->segment->runner().input_read.store(GENERATE(0x80000000U, 21U, 0xFFFFFFFFU));
  bench.PlayBlocks(10, 256);
  CHECK(bench.counters.violations.load() == 10);
  CHECK(bench.Differing(1.0F, 256, bench.played - 512, bench.played) == 0);
}

TEST_CASE("AudioPath: a runner that says it has written without end is followed a bounded way") {
  PathBench bench;
  const auto peer = bench.Connect({0, 256});
  bench.PlayBlocks(20, 256, peer->runner);
  for (int i = 0; i < 10; ++i) {
    peer->segment->runner().output_write.store(peer->segment->client().output_read.load() +
                                               ipc::kSlots);
    bench.Play(256);
  }
  // The first of these slots held the answer to the last block.
  CHECK(bench.counters.violations.load() == 10 * ipc::kSlots - 1);
  CHECK(NotFinite(bench) == 0);
}

}  // namespace
}  // namespace continuo::test
