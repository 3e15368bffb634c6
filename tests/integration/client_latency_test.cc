// SPDX-License-Identifier: Apache-2.0
// The latency that a stream tells, on a real daemon: known with the connection, not with the first
// block, and always that of the connection there is now.
#include <signal.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "shared/client/stream.h"
#include "tests/integration/daemon_process.h"

namespace continuo::test {
namespace {

constexpr std::uint32_t kFrames = 256;

client::StreamConfig Config(const DaemonProcess& daemon, const char* model, client::Mode mode,
                            std::uint32_t pipelined_blocks = 1) {
  client::StreamConfig config;
  config.model_id = model;
  config.sample_rate_hz = 48000;
  config.channels = 1;
  config.maximum_block_frames = kFrames;
  config.mode = mode;
  config.pipelined_blocks = pipelined_blocks;
  config.socket_path = daemon.socket_path();
  config.autostart = false;
  return config;
}

client::Snapshot Settled(client::Stream& stream) {
  REQUIRE(stream.WaitUntilSettled(20));
  const client::Snapshot now = stream.snapshot();
  INFO(now.words);
  REQUIRE(now.connection == client::Connection::kConnected);
  return now;
}

void PlayOne(client::Stream& stream) {
  std::vector<float> row(kFrames);
  float* const rows[] = {row.data()};
  stream.Process(rows, rows, kFrames, {});
}

TEST_CASE("latency: it is told before the first block, as it is after it") {
  const DaemonProcess daemon;
  struct Case {
    const char* model;
    client::Mode mode;
    std::uint32_t pipelined_blocks, least;
  };
  for (const Case& one : {Case{"fake-gain", client::Mode::kDirect, 1, 0},
                          Case{"fake-gain", client::Mode::kPipelined, 1, kFrames},
                          Case{"fake-gain", client::Mode::kPipelined, 3, 3 * kFrames},
                          Case{"fake-delay", client::Mode::kDirect, 1, 1},
                          Case{"fake-delay", client::Mode::kPipelined, 1, kFrames + 1}}) {
    client::Stream stream(Config(daemon, one.model, one.mode, one.pipelined_blocks));
    const client::Snapshot before = Settled(stream);
    PlayOne(stream);
    INFO(one.model << ", " << client::ToWords(one.mode) << ", " << one.pipelined_blocks);
    CHECK(before.latency_frames >= one.least);
    CHECK(before.latency_frames == stream.snapshot().latency_frames);
    CHECK(before.blocks == 0);
  }
}

TEST_CASE("latency: of another mode it is told though nothing is played in it") {
  const DaemonProcess daemon;
  client::Stream stream(Config(daemon, "fake-gain", client::Mode::kPipelined, 2));
  Settled(stream);
  PlayOne(stream);
  CHECK(stream.snapshot().latency_frames == 2 * kFrames);
  stream.Reconfigure(Config(daemon, "fake-gain", client::Mode::kDirect));
  client::Snapshot now = Settled(stream);
  CHECK(now.latency_frames == 0);
  CHECK(now.mode == client::Mode::kDirect);
  stream.Reconfigure(Config(daemon, "fake-gain", client::Mode::kPipelined));
  now = Settled(stream);
  CHECK(now.latency_frames == kFrames);
  CHECK(now.mode == client::Mode::kPipelined);
}

TEST_CASE("latency: a stream that is opened anew has none until it is connected") {
  const DaemonProcess daemon;
  client::Stream stream(Config(daemon, "fake-gain", client::Mode::kPipelined, 2));
  REQUIRE(Settled(stream).latency_frames == 2 * kFrames);
  REQUIRE(::kill(daemon.pid(), SIGSTOP) == 0);
  stream.Reconfigure(Config(daemon, "fake-gain", client::Mode::kPipelined));
  CHECK(Eventually([&] { return stream.snapshot().connection != client::Connection::kConnected; }));
  // Until the audio thread has taken the path that has no link yet.
  CHECK(Eventually([&] {
    PlayOne(stream);
    return stream.snapshot().latency_frames == 0;
  }));
  REQUIRE(::kill(daemon.pid(), SIGCONT) == 0);
  CHECK(Settled(stream).latency_frames == kFrames);
}

}  // namespace
}  // namespace continuo::test
