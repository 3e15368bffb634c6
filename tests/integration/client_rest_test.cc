// SPDX-License-Identifier: Apache-2.0
// Silence through a real daemon and runner: nothing is sent once the model rests, and the sound
// is that of a stream which always sends, as an export does.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_stream.h"
#include "tests/integration/stream_player.h"

namespace continuo::test {
namespace {

constexpr std::uint32_t kSoundFrames = 24000;
constexpr std::uint32_t kRoundFrames = 112311;  // sound, then silence of two seconds

// Begins and ends within blocks, at another place each time.
float Rounds(std::uint64_t frame, std::uint32_t rate_hz) {
  return frame % kRoundFrames < kSoundFrames ? Sound(frame, rate_hz) : 0.0F;
}

Run Plan(client::Mode mode, std::uint32_t rate_hz, const std::vector<std::uint32_t>& lengths) {
  Run run;
  run.model = "fake-delay";  // of 44100 Hz
  run.rate_hz = rate_hz;
  run.lengths = lengths;
  run.mode = mode;
  run.parameters = {{"gain", 2.0F}};
  run.source = Rounds;
  return run;
}

// For that long after a miss, which a busy machine brings, the sound may still be dry in part.
constexpr std::uint64_t kRecoveryFrames = 8192;

TEST_CASE("rest: a silent stream sends nothing, and sounds as one that always sends") {
  const DaemonProcess daemon;
  const auto mode = GENERATE(client::Mode::kDirect, client::Mode::kPipelined);
  const std::uint32_t rate_hz = GENERATE(44100U, 48000U);
  const std::vector<std::uint32_t> lengths = {256, 100, 1024, 441};
  Run run = Plan(mode, rate_hz, lengths);
  run.pipelined_blocks = 3;
  Run exported = run;
  exported.offline = true;
  Player all(daemon, exported);
  const std::uint32_t blocks = all.Blocks(2.0 * kRoundFrames / rate_hz + 0.8);
  all.Play(blocks);
  CHECK(all.stream->snapshot().sent == blocks);

  Player played(daemon, run);
  played.Play(blocks);
  const client::Snapshot now = played.stream->snapshot();
  INFO(now.mode_reason << ", " << rate_hz << " Hz, sent " << now.sent << " of " << now.blocks
                       << ", missed " << now.missed);
  CHECK(now.blocks == blocks);
  CHECK(now.sent < 7 * blocks / 10);
  REQUIRE(played.output.size() == all.output.size());
  CHECK(now.latency_frames == all.stream->snapshot().latency_frames);
  played.missed_at.push_back(all.output.size());
  double largest = 0;
  std::size_t compared = 0;
  std::uint64_t begin = kSoundFrames / 2;
  for (const std::uint64_t missed : played.missed_at) {
    for (std::size_t i = begin; i < missed; ++i, ++compared) {
      largest = std::max(largest, std::fabs(static_cast<double>(all.output[i]) - played.output[i]));
    }
    begin = std::max(begin, missed + kRecoveryFrames);
  }
  CHECK(compared > all.output.size() / 2);
  // A resampler that did not run in the silence takes the sound up at another phase.
  CHECK(largest < (rate_hz == 44100 ? 1e-6 : 1e-4));
}

TEST_CASE("rest: a parameter turned in silence is in force when sound comes") {
  const DaemonProcess daemon;
  Run run = Plan(client::Mode::kDirect, 44100, {256});
  std::uint64_t silent_to = ~std::uint64_t{0};
  run.source = [&silent_to](std::uint64_t frame, std::uint32_t) {
    return frame < silent_to ? 0.0F : 0.25F;
  };
  Player player(daemon, run);
  REQUIRE(player.PlayUntilAtRest());
  player.stream->SetParameter("gain", 3.0F);
  player.Play(1);
  CHECK_FALSE(player.stream->snapshot().at_rest);
  REQUIRE(player.PlayUntilAtRest());
  silent_to = player.output.size();
  REQUIRE(player.PlayUntilWet());
  CHECK(player.output.back() == 0.75F);
}

TEST_CASE("rest: a parameter that another client sets in silence is in force when sound comes") {
  const DaemonProcess daemon;
  Run run = Plan(client::Mode::kPipelined, 44100, {256});
  std::uint64_t silent_to = 0;
  run.source = [&silent_to](std::uint64_t frame, std::uint32_t) {
    return frame < silent_to ? 0.0F : 0.25F;
  };
  Player player(daemon, run);
  const auto stub = v1::StreamService::NewStub(daemon.channel());
  // A busy machine misses a block, and what follows sounds dry for a while: then all once more,
  // with another value.
  float gain = 3.0F;
  bool wet = false;
  for (int i = 0; i < 40 && !wet; ++i) {
    silent_to = 0;
    REQUIRE(player.PlayUntilWet());
    const std::uint64_t missed = player.stream->snapshot().missed;
    silent_to = ~std::uint64_t{0};
    REQUIRE(player.PlayUntilAtRest());
    const std::uint64_t sent = player.stream->snapshot().sent;
    gain = gain == 2.0F ? 3.0F : 2.0F;
    v1::SetParametersRequest request;
    request.set_stream_id(player.stream->snapshot().stream_id);
    (*request.mutable_values())["gain"] = gain;
    v1::SetParametersResponse response;
    REQUIRE(Call(&v1::StreamService::Stub::SetParameters, *stub, request, &response).ok());
    for (int k = 0; k < 500 && player.stream->snapshot().sent == sent; ++k) player.Play(1);
    CHECK(player.stream->snapshot().sent > sent);
    REQUIRE(player.PlayUntilAtRest());
    silent_to = player.output.size();
    wet = player.PlayWet(20) && player.stream->snapshot().missed == missed;
  }
  REQUIRE(wet);
  // The first sound that came through has the new value already: no ramp is left to hear.
  std::uint64_t first = silent_to;
  while (first < player.output.size() && player.output[first] == 0.0F) ++first;
  REQUIRE(first < player.output.size());
  CHECK(player.output[first] == 0.25F * gain);
  CHECK(player.output.back() == 0.25F * gain);
}

}  // namespace
}  // namespace continuo::test
