// SPDX-License-Identifier: Apache-2.0
// Wet and dry of a real stream on a real runner: aligned to 0 frames in every mode, at every
// rate and block length, and silent together where they cancel.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/integration/daemon_process.h"
#include "tests/integration/stream_player.h"

namespace continuo::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kHostRates[] = {44100, 48000, 88200, 96000, 192000};

// A copy of the test model `fake-delay`, which is 37 frames late, that knows one rate alone.
std::string InstallDelayAt(const DaemonProcess& daemon, std::uint32_t rate_hz) {
  const std::string id = "delay-" + std::to_string(rate_hz);
  const fs::path package = daemon.directory() + "/data/continuo/models/" + id;
  fs::create_directories(package);
  fs::copy(daemon.environment().at("CONTINUO_MODEL_PATH") + "/fake-delay", package);
  std::ostringstream read;
  read << std::ifstream(package / "model.json").rdbuf();
  std::string text = read.str();
  const auto replace = [&text](const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  };
  replace("\"fake-delay\"", "\"" + id + "\"");
  replace("44100", std::to_string(rate_hz));
  std::ofstream(package / "model.json") << text;
  return id;
}

TEST_CASE("null: at the model's rate wet and dry cancel to the last bit, in every mode") {
  const DaemonProcess daemon;
  struct Mode {
    client::Mode mode;
    std::uint32_t pipelined_blocks;
    bool offline;
  };
  const Mode modes[] = {{client::Mode::kDirect, 1, false},    {client::Mode::kPipelined, 1, false},
                        {client::Mode::kPipelined, 2, false}, {client::Mode::kPipelined, 3, false},
                        {client::Mode::kDirect, 1, true},     {client::Mode::kPipelined, 2, true}};
  const std::vector<std::uint32_t> lengths[] = {
      {1}, {17}, {32}, {64}, {100}, {256}, {1024}, {64, 1, 441, 100, 1024, 17, 256}};
  for (const std::uint32_t rate_hz : kHostRates) {
    for (const Mode& mode : modes) {
      for (const auto& length : lengths) {
        // A real-time host has no periods of one frame; an export may.
        if (!mode.offline && length.size() == 1 && length[0] < 64) continue;
        Run run;
        run.rate_hz = rate_hz;
        run.lengths = length;
        run.mode = mode.mode;
        run.pipelined_blocks = mode.pipelined_blocks;
        run.offline = mode.offline;
        run.dry_gain = -1.0F;
        Player player(daemon, run);
        // What is heard wet and what is heard dry are both the sound, so a miss is no excuse.
        // Several times every delay that there is, and each of the lengths.
        const std::uint32_t blocks = length[0] < 256 && length.size() == 1 ? 60 : 21;
        player.Play(blocks);
        // Of 64 frames at 192 kHz these are 20 ms, for which a machine may have been elsewhere.
        for (int i = 0; i < 50 && player.stream->snapshot().wet_blocks == 0; ++i) {
          player.Play(blocks);
        }
        const client::Snapshot now = player.stream->snapshot();
        INFO(rate_hz << " Hz, " << length[0] << " frames, " << now.mode_reason << ", "
                     << mode.pipelined_blocks << (mode.offline ? " offline" : ""));
        CHECK(now.latency_frames ==
              (mode.mode == client::Mode::kDirect
                   ? 0
                   : mode.pipelined_blocks * *std::max_element(length.begin(), length.end())));
        CHECK(now.wet_blocks > 0);
        std::uint64_t not_silent = 0;
        for (const float sample : player.output) not_silent += sample != 0.0F;
        CHECK(not_silent == 0);
      }
    }
  }
}

TEST_CASE("null: at every pair of rates the wet signal has the latency that is told") {
  DaemonOptions options;
  options.start = false;
  DaemonProcess daemon(options);
  const std::uint32_t model_rate_hz = GENERATE(44100U, 48000U, 96000U);
  const std::string model = InstallDelayAt(daemon, model_rate_hz);
  daemon.Start();
  for (const std::uint32_t rate_hz : kHostRates) {
    for (const std::uint32_t frames : {64U, 256U, 1000U}) {
      for (const bool offline : {true, false}) {
        Run run;
        run.model = model;
        run.rate_hz = rate_hz;
        run.lengths = {frames};
        run.offline = offline;
        run.mode = offline ? client::Mode::kDirect : client::Mode::kPipelined;
        Player player(daemon, run);
        const std::uint64_t begin = player.PlayUndisturbed(player.Blocks(0.05));
        const client::Snapshot now = player.stream->snapshot();
        INFO(model_rate_hz << " in " << rate_hz << " Hz, " << frames << " frames, latency "
                           << now.latency_frames << ", offline " << offline);
        CHECK(now.model_rate_hz == model_rate_hz);
        const double difference = player.Difference(begin, now.latency_frames);
        // The delay of 37 frames of the model's may be a fraction of a frame of the host's.
        const double model_delay = 37.0 * rate_hz / model_rate_hz;
        const double fraction = model_delay - std::floor(model_delay);
        CHECK(difference < (fraction == 0.0 ? 1e-9 : 3e-3));
        if (fraction == 0.5) continue;  // as near to the frame before
        CHECK(difference < player.Difference(begin, now.latency_frames - 1));
        CHECK(difference < player.Difference(begin, now.latency_frames + 1));
      }
    }
  }
}

TEST_CASE("null: mode auto goes to pipelined and back in play, and nothing is heard of it") {
  const DaemonProcess daemon;
  Run run;
  run.mode = client::Mode::kAuto;
  run.dry_gain = -1.0F;
  Player player(daemon, run);
  player.Play(1);  // later ones may have been missed
  CHECK(player.stream->snapshot().mode == client::Mode::kDirect);
  CHECK_THAT(player.stream->snapshot().mode_reason, Catch::StartsWith("direct: "));
  REQUIRE(player.PlayUntilWet());
  // Just below a period: too long to wait for, and in time for the next block.
  player.stream->SetParameter("hang_ms", 5.1F);
  for (int i = 0; i < 40 && player.stream->latency_frames() == 0; ++i) player.Play(20);
  CHECK(player.stream->latency_frames() == 256);
  const client::Snapshot slow = player.stream->snapshot();
  CHECK(slow.mode == client::Mode::kPipelined);
  CHECK_THAT(slow.mode_reason, Catch::StartsWith("pipelined: "));
  CHECK(slow.missed > 0);
  CHECK(slow.late <= slow.missed);

  player.stream->SetParameter("hang_ms", 0.0F);
  // Five seconds without a late result are enough, and may be long in coming on a busy machine.
  for (int i = 0; i < 150 && player.stream->latency_frames() != 0; ++i) player.Play(188);
  CHECK(player.stream->latency_frames() == 0);
  CHECK(player.stream->snapshot().mode == client::Mode::kDirect);
  CHECK_THAT(player.stream->snapshot().mode_reason, Catch::Contains("of the time now"));
  REQUIRE(player.PlayUntilWet());
  std::uint64_t not_silent = 0;
  for (const float sample : player.output) not_silent += sample != 0.0F;
  CHECK(not_silent == 0);
}

}  // namespace
}  // namespace continuo::test
