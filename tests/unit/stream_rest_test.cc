// SPDX-License-Identifier: Apache-2.0
// When a path is at rest, and that nothing is missed of what it does not process then.
#include <catch2/catch.hpp>
#include <cmath>

#include "daemon/stream/signal_path.h"
#include "tests/unit/probe_model.h"
#include "tests/unit/rows.h"

namespace continuo::stream {
namespace {

using executor::ProcessError;
using test::Mono;
using test::ProbeCall;
using test::ProbeModel;
using test::Rows;

constexpr std::uint32_t kBlock = 256;

// An echo that halves each 100 frames, above a constant.
ProbeModel::Work Echo(std::vector<float>* line) {
  line->assign(100, 0.0F);
  return [line, at = std::size_t{0}](const ProbeCall& call) mutable {
    for (std::uint32_t i = 0; i < call.frames; ++i) {
      float& past = (*line)[at++ % 100];
      past = call.in[0][i] + 0.5F * past;
      call.out[0][i] = 0.003F + call.parameters[0][i] * past;
    }
    return ProcessError::kNone;
  };
}

class Bench {
 public:
  explicit Bench(ProbeModel::Work work, double tail_ms = 0, std::uint32_t rate = 48000,
                 double smoothing_ms = 0)
      : model_(Mono(48000), std::move(work)), in_(2, kBlock), out_(2, kBlock) {
    SignalPathConfig config;
    config.sample_rate_hz = rate;
    config.channels = 2;
    config.maximum_block_frames = kBlock;
    config.mid = true;
    config.wants_midi = config.wants_transport = true;
    config.tail_ms = tail_ms;
    config.parameters = {{0.0F, 10.0F, 1.0F, smoothing_ms}};
    auto made = SignalPath::Make(model_, config);
    REQUIRE(made.ok());
    path = *std::move(made);
  }
  void Play(float level, const BlockEvents& events = {}) {
    for (int channel = 0; channel < 2; ++channel) std::fill_n(in_[channel], kBlock, level);
    REQUIRE(path->Process(in_.From(), out_.From(), kBlock, events));
  }
  // Blocks of silence until the path is at rest, at most `limit`.
  int BlocksToRest(int limit = 1000) {
    for (int block = 1; block <= limit; ++block) {
      Play(0.0F);
      if (path->at_rest()) return block;
    }
    return limit + 1;
  }
  [[nodiscard]] float last() { return out_[1][kBlock - 1]; }

  std::unique_ptr<SignalPath> path;

 private:
  ProbeModel model_;
  Rows in_, out_;
};

TEST_CASE("SignalPath: it is at rest when its constant has lasted for the tail, not before") {
  const double tail_ms = GENERATE(0.0, 500.0, 2000.0);
  std::vector<float> line;
  Bench bench(Echo(&line), tail_ms);
  bench.Play(0.5F);
  CHECK_FALSE(bench.path->at_rest());
  const int blocks = bench.BlocksToRest();
  const double settling_frames = std::max(500.0, tail_ms) * 48;
  // The echo is below the tolerance after 23 rounds of 100 frames.
  CHECK(blocks * kBlock >= settling_frames + 2300);
  CHECK(blocks * kBlock <= settling_frames + 2300 + 3 * kBlock);
  CHECK(bench.last() == Approx(0.003F));
  bench.Play(1e-30F);
  CHECK_FALSE(bench.path->at_rest());
}

TEST_CASE("SignalPath: a sound without an end is never at rest") {
  float phase = 0.0F;
  Bench bench([&phase](const ProbeCall& call) {
    for (std::uint32_t i = 0; i < call.frames; ++i) {
      call.out[0][i] = 1e-5F * std::sin(phase += 0.01F);
    }
    return ProcessError::kNone;
  });
  CHECK(bench.BlocksToRest() > 1000);
}

TEST_CASE("SignalPath: a drift that is slow is not taken for a constant") {
  float value = 0.0F;
  Bench bench([&value](const ProbeCall& call) {
    for (std::uint32_t i = 0; i < call.frames; ++i) call.out[0][i] = value += 1e-11F;
    return ProcessError::kNone;
  });
  CHECK(bench.BlocksToRest() > 1000);
}

TEST_CASE("SignalPath: a ramp, a note that is held and a song that plays are no rest") {
  std::vector<float> line;
  Bench bench(Echo(&line), 0, 48000, 3000);
  bench.Play(0.5F);
  REQUIRE(bench.BlocksToRest() < 1000);
  SECTION("a ramp of three seconds") {
    bench.path->SetParameter(0, 2.0F);
    CHECK_FALSE(bench.path->at_rest());
    bench.Play(0.0F);
    CHECK_FALSE(bench.path->at_rest());
    const int blocks = bench.BlocksToRest();
    CHECK(blocks * kBlock > 3 * 48000 - 2 * kBlock);
    CHECK(blocks <= 1000);
  }
  SECTION("a note") {
    ipc::MidiEvent on{10, 3, {0x93, 60, 100, 0, 0, 0, 0, 0}};
    bench.Play(0.0F, {{}, {&on, 1}});
    CHECK_FALSE(bench.path->at_rest());
    const auto end = GENERATE(ipc::MidiEvent{5, 3, {0x83, 60, 0, 0, 0, 0, 0, 0}},
                              ipc::MidiEvent{5, 3, {0x93, 60, 0, 0, 0, 0, 0, 0}},
                              ipc::MidiEvent{5, 3, {0xB3, 123, 0, 0, 0, 0, 0, 0}},
                              ipc::MidiEvent{5, 3, {0xB3, 120, 0, 0, 0, 0, 0, 0}});
    bench.Play(0.0F, {{}, {&end, 1}});
    CHECK(bench.path->at_rest());
  }
  SECTION("a song") {
    ipc::Transport transport{1, 0, 120, ipc::kTransportKnown | ipc::kTransportPlaying, 4, 4};
    bench.Play(0.0F, {{}, {}, &transport});
    CHECK_FALSE(bench.path->at_rest());
    transport.flags = ipc::kTransportKnown;
    bench.Play(0.0F, {{}, {}, &transport});
    CHECK(bench.path->at_rest());
  }
  SECTION("a reset") {
    bench.path->Reset();
    CHECK_FALSE(bench.path->at_rest());
  }
}

TEST_CASE("SignalPath: a mono model gets the mean of the channels once, and gives it to all") {
  const std::uint32_t rate = GENERATE(48000U, 44100U);
  ProbeModel model(Mono(48000));
  SignalPathConfig config;
  config.sample_rate_hz = rate;
  config.channels = 4;
  config.maximum_block_frames = kBlock;
  config.mid = true;
  auto path = SignalPath::Make(model, config);
  REQUIRE(path.ok());
  CHECK(model.states == 1);
  Rows in(4, kBlock), out(4, kBlock);
  for (int block = 0; block < 8; ++block) {
    for (int channel = 0; channel < 4; ++channel) {
      std::fill_n(in[channel], kBlock, 0.1F * static_cast<float>(channel));
    }
    REQUIRE((*path)->Process(in.From(), out.From(), kBlock, {}));
  }
  for (int channel = 0; channel < 4; ++channel) {
    CHECK(out[channel][kBlock - 1] == Approx(0.15F).margin(1e-5));
  }
}

TEST_CASE("SignalPath: a stereo model and a mono stream have no mean to take") {
  executor::Description description = Mono(48000);
  SignalPathConfig config;
  config.sample_rate_hz = 48000;
  config.maximum_block_frames = kBlock;
  config.mid = true;
  SECTION("stereo model") {
    description.input_channels = description.output_channels = 2;
    config.channels = 2;
  }
  SECTION("mono stream") { config.channels = 1; }
  ProbeModel model(description, [](const ProbeCall& call) {
    for (std::uint32_t i = 0; i < call.frames; ++i) call.out[0][i] = call.in[0][i] + 1.0F;
    return ProcessError::kNone;
  });
  auto path = SignalPath::Make(model, config);
  REQUIRE(path.ok());
  CHECK(model.states == 1);
  Rows in(2, kBlock), out(2, kBlock);
  in[0][0] = 0.5F;
  REQUIRE((*path)->Process(in.From(), out.From(), kBlock, {}));
  CHECK(out[0][0] == 1.5F);
}

}  // namespace
}  // namespace continuo::stream
