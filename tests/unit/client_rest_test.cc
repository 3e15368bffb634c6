// SPDX-License-Identifier: Apache-2.0
// A silent stream costs nothing: no block is sent, nobody is woken, and nothing is heard of it.
#include <catch2/catch.hpp>
#include <limits>
#include <vector>

#include "tests/unit/path_bench.h"

namespace continuo::test {
namespace {

// Sound and silence in turns, both of lengths that no block length divides.
float Pattern(std::uint32_t channel, std::uint64_t frame) {
  const std::uint64_t place = frame % 13007;
  const bool sounds = frame < 3001 || (place > 9001 && place < 9408) || place == 6000;
  // A sine has zeros; sound here has none.
  return sounds ? Sine(channel, frame) + 0.1F : 0.0F;
}

struct Case {
  std::uint32_t pipelined, latency;
  float bias;
};

struct Played {
  std::vector<std::vector<float>> output;
  std::uint64_t blocks, sent, woken, missed, late, violations;
  std::vector<ipc::InputBlock> arrived;
};

Played Play(const Case& how, const std::vector<std::uint32_t>& lengths, bool rests) {
  client::StreamConfig config = PathConfig(2, 1024);
  config.pipelined_blocks = 3;
  PathBench bench(config);
  bench.source = Pattern;
  const auto peer = bench.Connect({how.latency, how.pipelined});
  peer->runner.SetBias(how.bias);
  if (rests) peer->runner.ReportRest();
  peer->runner.Start();
  for (std::uint32_t i = 0; bench.played < 60000; ++i) {
    PlayPaced(bench, *peer, 1, lengths[i % lengths.size()]);
  }
  peer->runner.Hold();
  const auto& counters = bench.counters;
  return {bench.output,
          counters.blocks,
          counters.sent,
          bench.link->segment->input_signal().sequence.load() - 1,  // one of Hold()
          counters.missed,
          counters.late,
          counters.violations,
          peer->runner.blocks()};
}

TEST_CASE("AudioPath: a silent stream sends nothing, and sounds as one that always sends") {
  const auto how = GENERATE(Case{0, 0, 0}, Case{0, 37, 0.25F}, Case{0, 500, 0},
                            Case{1024, 0, 0.25F}, Case{1024, 37, 0}, Case{3072, 500, 0.25F});
  const auto lengths = GENERATE(std::vector<std::uint32_t>{17}, std::vector<std::uint32_t>{64},
                                std::vector<std::uint32_t>{100}, std::vector<std::uint32_t>{256},
                                std::vector<std::uint32_t>{1024},
                                std::vector<std::uint32_t>{1, 441, 64, 1000, 17, 256});
  const Played with = Play(how, lengths, true);
  const Played without = Play(how, lengths, false);
  std::uint64_t differing = 0;
  for (std::size_t channel = 0; channel < 2; ++channel) {
    for (std::size_t i = 0; i < with.output[channel].size(); ++i) {
      differing += with.output[channel][i] != without.output[channel][i];
    }
  }
  CHECK(differing == 0);
  CHECK(without.sent == without.blocks);
  CHECK(with.sent < 3 * with.blocks / 4);
  CHECK(with.woken == with.sent);
  CHECK(with.missed == without.missed);
  CHECK(with.late == 0);
  CHECK(with.violations == 0);
  // No frame of sound was left out.
  std::uint64_t lost = 0;
  std::uint64_t covered_to = 0;
  for (const ipc::InputBlock& block : with.arrived) {
    const std::uint64_t begin = block.position - client::FrameHistory::kStart;
    for (std::uint64_t i = covered_to; i < begin; ++i) lost += Pattern(0, i) != 0.0F;
    covered_to = begin + block.frames;
  }
  CHECK(lost == 0);
}

// A stream that has come to rest.
struct Resting {
  explicit Resting(std::uint32_t pipelined = 0, bool wants_transport = false) {
    bench.source = [this](std::uint32_t, std::uint64_t) { return level; };
    bench.board.SetCount(2);
    peer = bench.Connect({0, pipelined});
    bench.link->wants_transport = wants_transport;
    peer->runner.ReportRest();
    peer->runner.Start();
    PlayPaced(bench, *peer, 20);
    REQUIRE(Sends() == 0);
  }
  // How many blocks of five are sent.
  std::uint64_t Sends(const client::BlockContext& context = {}, std::uint32_t blocks = 5) {
    const std::uint64_t before = bench.counters.sent;
    PlayPaced(bench, *peer, blocks, 256, context);
    return bench.counters.sent - before;
  }
  PathBench bench;
  std::unique_ptr<Peer> peer;
  float level = 0.0F;
};

TEST_CASE("AudioPath: a parameter turned in silence is sent at once, and rest is found anew") {
  const std::uint32_t pipelined = GENERATE(0U, 256U);
  Resting it(pipelined);
  it.bench.board.Set(1, 0.75F);
  CHECK(it.Sends() == 1);
  CHECK(it.peer->runner.parameter_events().back().value == 0.75F);
  const ipc::ParameterEvent event{9, 0, 0.5F, 0};
  client::BlockContext context;
  context.parameter_events = &event;
  context.parameter_event_count = 1;
  CHECK(it.Sends(context, 1) == 1);
  CHECK(it.peer->runner.parameter_events().back().frame == 9);
  CHECK(it.Sends() == 0);
  CHECK(it.bench.counters.at_rest.load());
}

TEST_CASE("AudioPath: MIDI and a reset are sent in silence") {
  Resting it;
  const ipc::MidiEvent midi{3, 3, {0x90, 60, 100}};
  client::BlockContext context;
  context.midi_events = &midi;
  context.midi_event_count = 1;
  CHECK(it.Sends(context, 1) == 1);
  CHECK(it.Sends() == 0);
  it.bench.path->Reset();
  CHECK(it.Sends() == 1);
  CHECK((it.peer->runner.blocks().back().flags & ipc::kBlockReset) != 0);
}

TEST_CASE("AudioPath: a song that moves is sent in silence to a model that wants to know") {
  const bool wants = GENERATE(true, false);
  Resting it(0, wants);
  client::BlockContext context;
  context.transport.flags = ipc::kTransportKnown | ipc::kTransportPlaying;
  for (int i = 0; i < 5; ++i) {
    context.transport.position_quarters += 0.01;
    CHECK(it.Sends(context, 1) == (wants ? 1 : 0));
  }
  CHECK(it.Sends(context) == 0);  // and one that stands still is not
}

TEST_CASE("AudioPath: an export sends every block of silence") {
  Resting it;
  client::BlockContext context;
  context.offline = true;
  CHECK(it.Sends(context) == 5);
  CHECK_FALSE(it.bench.counters.at_rest.load());
  CHECK(it.Sends() == 0);
}

TEST_CASE("AudioPath: a host may rest where the model does, in play and in an export") {
  const bool offline = GENERATE(true, false);
  const std::uint32_t pipelined = GENERATE(0U, 256U);
  Resting it(pipelined);
  client::BlockContext context;
  context.offline = offline;
  const auto may_rest = [&](std::uint32_t blocks) {
    PlayPaced(it.bench, *it.peer, blocks, 256, context);
    return it.bench.counters.may_rest.load();
  };
  CHECK(may_rest(10));
  it.level = 0.25F;
  CHECK_FALSE(may_rest(1));
  it.level = 0.0F;
  CHECK(may_rest(10));
  it.bench.link->lost.store(true);
  it.bench.connection.store(client::Connection::kUnavailable);
  CHECK(may_rest(10));
}

TEST_CASE("AudioPath: a model that is silent and not at rest keeps its host from resting") {
  PathBench bench;
  bench.source = [](std::uint32_t, std::uint64_t) { return 0.0F; };
  bench.PlayBlocks(2, 256);
  CHECK(bench.counters.may_rest.load());  // there is no model
  const auto peer = bench.Connect();      // which never says that it rests
  peer->runner.Start();
  client::BlockContext context;
  context.offline = GENERATE(true, false);
  PlayPaced(bench, *peer, 20, 256, context);
  CHECK(bench.output[0].back() == 0.0F);
  CHECK_FALSE(bench.counters.may_rest.load());
}

TEST_CASE("AudioPath: the least of sounds is no silence, and minus nothing is") {
  Resting it;
  it.level = GENERATE(2 * std::numeric_limits<float>::denorm_min(), -1e-30F,
                      std::numeric_limits<float>::quiet_NaN());
  CHECK(it.Sends() == 5);
  it.level = -0.0F;
  CHECK(it.Sends() == 1);  // the block whose answer says so
  CHECK(it.Sends() == 0);
}

TEST_CASE("AudioPath: rest is not believed of an answer that is not valid") {
  const int kind = GENERATE(0, 1, 2);
  PathBench bench;
  bench.source = [](std::uint32_t, std::uint64_t) { return 0.0F; };
  const auto peer = bench.Connect();
  peer->runner.SetSpoil([kind](ipc::OutputBlock* block, Rows* audio) {
    block->flags |= ipc::kOutputAtRest;
    if (kind == 0) (*audio)[1][255] = std::numeric_limits<float>::infinity();
    if (kind == 1) block->flags |= ipc::kOutputFailed;
    if (kind == 2) block->position += 1;
  });
  peer->runner.Start();
  PlayPaced(bench, *peer, 20);
  CHECK(bench.counters.sent.load() == 20);
}

TEST_CASE("AudioPath: a new runner is told of all before it may rest") {
  Resting it;
  const auto next = it.bench.Connect();
  next->runner.ReportRest();
  next->runner.Start();
  PlayPaced(it.bench, *next, 10);
  next->runner.Hold();
  REQUIRE(next->runner.blocks().size() == 1);
  CHECK(next->runner.parameter_events().size() == 2);
}

TEST_CASE("AudioPath: at rest the daemon still sees the client's blocks") {
  Resting it;
  PlayPaced(it.bench, *it.peer, 100);
  const ipc::ClientControl& control = it.peer->segment->client();
  CHECK(control.blocks.load() + 1 == it.bench.counters.blocks.load());
  CHECK(control.input_write.load() == it.bench.counters.sent.load());
}

}  // namespace
}  // namespace continuo::test
