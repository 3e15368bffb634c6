// SPDX-License-Identifier: Apache-2.0
// The client's audio thread, in each of its situations, does nothing that the trap
// knows of.
#include <catch2/catch.hpp>
#include <chrono>
#include <limits>
#include <thread>

#include "shared/client/stream.h"
#include "tests/realtime/trap.h"
#include "tests/unit/key_bench.h"
#include "tests/unit/path_bench.h"

namespace continuo::test {
namespace {

// A path in a section for each block; all memory is there before.
class Trapped256 {
 public:
  explicit Trapped256(const client::StreamConfig& config)
      : bench(config), in_(2, 4096), out_(2, 4096) {
    for (std::uint32_t i = 0; i < 4096; ++i) in_[0][i] = in_[1][i] = Sine(0, i);
    Trap::Reset();
  }
  void Play(std::uint32_t blocks, std::uint32_t frames = 256,
            const client::BlockContext& context = {}) {
    float* const* in = in_.From();
    float* const* out = out_.From();
    for (std::uint32_t i = 0; i < blocks; ++i) {
      const AudioSection section;
      bench.path->Process(in, out, frames, context);
    }
  }
  // As a host does, whose period is longer than a block takes.
  void PlayPaced(Peer& peer) {
    Play(1);
    AwaitAnswers(peer, bench);
  }
  void Silence() {
    for (std::uint32_t i = 0; i < 4096; ++i) in_[0][i] = in_[1][i] = 0.0F;
  }
  PathBench bench;

 private:
  Rows in_, out_;
};

client::StreamConfig Config() {
  client::StreamConfig config = PathConfig();
  config.deadline = 2.0;
  return config;
}

TEST_CASE("AudioPath: without a link nothing is trapped") {
  Trapped256 it(Config());
  it.Play(100);
  it.Play(5, 1);
  it.Play(5, 0);
  it.Play(5, 4096);  // above the maximum
  CHECK(Trap::Report() == "");
}

TEST_CASE("AudioPath: in direct mode nothing is trapped") {
  Trapped256 it(PathConfig());
  const auto peer = it.bench.Connect();
  peer->runner.Start();
  while (it.bench.Waits() < 500) it.PlayPaced(*peer);
  CHECK(Trap::Report() == "");
  CHECK(it.bench.counters.wet_blocks.load() > 100);
}

TEST_CASE("AudioPath: in pipelined mode nothing is trapped") {
  Trapped256 it(Config());
  const auto peer = it.bench.Connect({64, 256});
  for (int i = 0; i < 100; ++i) {
    it.Play(1, 1 + static_cast<std::uint32_t>(i * 13) % 256);
    peer->runner.Serve();
  }
  CHECK(Trap::Report() == "");
  CHECK(it.bench.counters.wet_blocks.load() > 50);
}

TEST_CASE("AudioPath: while the runner is late, stopped and lost nothing is trapped") {
  Trapped256 it(Config());
  const auto peer = it.bench.Connect();
  peer->runner.Start();
  while (it.bench.Waits() == 0) it.PlayPaced(*peer);
  peer->runner.Hold();
  it.Play(100);  // the ring fills
  CHECK(it.bench.counters.missed.load() > 50);
  it.bench.link->lost.store(true);
  it.Play(20);
  CHECK(Trap::Report() == "");
}

TEST_CASE("AudioPath: changes of mode, there and back, trap nothing") {
  Trapped256 it(PathConfig());
  LinkOptions options;
  options.adaptive_frames = 256;
  const auto peer = it.bench.Connect(options);
  peer->runner.SetSpoil([](ipc::OutputBlock*, Rows*) {
    std::this_thread::sleep_for(std::chrono::microseconds(300));
  });
  peer->runner.Start();
  client::BlockContext context;
  context.dry_gain = 0.5F;
  const auto& pipelined = it.bench.counters.pipelined_frames;
  for (const std::uint32_t wanted : {256U, 0U}) {
    for (int i = 0; i < 40000 && pipelined.load() != wanted; ++i) {
      it.Play(1, 256, context);
      AwaitAnswers(*peer, it.bench);
    }
    REQUIRE(pipelined.load() == wanted);
    it.Play(10, 256, context);
  }
  CHECK(Trap::Report() == "");
}

TEST_CASE("AudioPath: at rest nothing is trapped, and nobody is woken") {
  Trapped256 it(PathConfig());
  const std::uint32_t pipelined = GENERATE(0U, 256U);
  const auto peer = it.bench.Connect({0, pipelined});
  peer->runner.ReportRest();
  it.Silence();
  for (int i = 0; i < 10; ++i) {
    it.Play(1);
    peer->runner.Serve();
  }
  const auto& signal = it.bench.link->segment->input_signal().sequence;
  const std::uint32_t woken = signal.load();
  it.Play(500);
  CHECK(signal.load() == woken);
  CHECK(it.bench.counters.at_rest.load());
  CHECK(it.bench.counters.blocks.load() == 510);
  CHECK(Trap::Report() == "");
}

TEST_CASE("AudioPath: parameters, events and a reset trap nothing") {
  Trapped256 it(Config());
  it.bench.board.SetCount(64);
  const auto peer = it.bench.Connect({0, 256});
  std::vector<ipc::ParameterEvent> events(300);
  for (std::uint32_t i = 0; i < 300; ++i) events[i] = {i * 256 / 300, i % 64, 1.0F, 0};
  const ipc::MidiEvent midi[] = {{3, 3, {0x90, 60, 100}}};
  client::BlockContext context;
  context.parameter_events = events.data();
  context.parameter_event_count = 300;
  context.midi_events = midi;
  context.midi_event_count = 1;
  for (int i = 0; i < 30; ++i) {
    {
      const AudioSection section;
      it.bench.board.Set(5, static_cast<float>(i));  // as a host does from its audio thread
      if (i % 7 == 0) it.bench.path->Reset();
    }
    it.Play(1, 256, context);
    if (i > 10) peer->runner.Serve();
  }
  CHECK(Trap::Report() == "");
}

TEST_CASE("AudioPath: taking a new link, and giving the last one back, traps nothing") {
  Trapped256 it(Config());
  std::vector<std::unique_ptr<Peer>> peers;
  for (std::uint32_t i = 0; i < 20; ++i) {
    peers.push_back(it.bench.Connect({i * 10, i % 2 * 256}));
    it.Play(10);
  }
  CHECK(Trap::Report() == "");
}

TEST_CASE("AudioPath: a hostile runner traps nothing") {
  Trapped256 it(Config());
  const auto peer = it.bench.Connect({0, 256});
  for (std::uint32_t i = 0; i < 50; ++i) {
    it.Play(1);
    peer->runner.Serve();
    if (i > 20) peer->segment->runner().output_write.store(i * 7);
    if (i > 30) peer->segment->runner().input_read.store(i * 77);
  }
  CHECK(it.bench.counters.violations.load() > 0);
  CHECK(Trap::Report() == "");
}

TEST_CASE("AudioPath: taking over from another path traps nothing") {
  Trapped256 before(Config()), after(Config());
  before.Play(10);
  {
    const AudioSection section;
    after.bench.path->ContinueFrom(*before.bench.path);
  }
  after.Play(10);
  CHECK(Trap::Report() == "");
}

TEST_CASE("Stream: Process without a daemon, and across a new configuration, traps nothing") {
  client::StreamConfig config = PathConfig();
  config.model_id = "drive";
  config.socket_path = "/nonexistent/continuo.sock";
  config.autostart = false;
  client::Stream stream(config);
  Rows in(2, 256), out(2, 256);
  in[0][7] = 0.5F;
  const float* const* in_rows = in.From();
  float* const* out_rows = out.From();
  Trap::Reset();
  for (int configurations = 0; configurations < 5; ++configurations) {
    for (int i = 0; i < 200; ++i) {
      const AudioSection section;
      stream.SetParameter(0, 0.5F);
      if (i % 50 == 0) stream.Reset();
      stream.Process(in_rows, out_rows, 256, {});
    }
    stream.Reconfigure(config);
    // Until the control thread has brought the new path and this thread has taken it.
    for (int i = 0; i < 200; ++i) {
      {
        const AudioSection section;
        stream.Process(in_rows, out_rows, 256, {});
      }
      std::this_thread::yield();
    }
  }
  CHECK(Trap::Report() == "");
  CHECK(stream.snapshot().blocks == 2000);
  CHECK(out[0][7] == 0.5F);
}

TEST_CASE("KeyPath: giving a block to a bus and taking one from it traps nothing") {
  KeyBench bench;
  client::KeyPath sender(bench.Sender()), taker(bench.Taker());
  bench.Connect(&sender, &taker);
  Trap::Reset();
  float last = 0;
  for (std::uint64_t period = 1; period < 1000; ++period) {
    const AudioSection section;
    bench.Send(&sender, period);
    last = bench.Take(&taker, period);
  }
  CHECK(Trap::Report() == "");
  CHECK(last == 998.0F);
}

}  // namespace
}  // namespace continuo::test
