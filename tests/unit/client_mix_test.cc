// SPDX-License-Identifier: Apache-2.0
// The host's gains: told once a block, heard without a step; and an effect's switch.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "shared/client/bypass_switch.h"
#include "shared/client/crossfade.h"
#include "tests/unit/path_bench.h"

namespace continuo::test {
namespace {

using client::BypassSwitch;
using Task = client::BypassSwitch::Task;

client::BlockContext Gains(float wet, float dry, bool offline = false) {
  client::BlockContext context;
  context.wet_gain = wet;
  context.dry_gain = dry;
  context.offline = offline;
  return context;
}

TEST_CASE("AudioPath: a wet gain that moves with every block moves without steps") {
  const std::uint32_t frames = GENERATE(1U, 63U, 64U, 65U, 256U, 441U, 1024U);
  PathBench bench(PathConfig(1, 1024));
  bench.source = [](std::uint32_t, std::uint64_t) { return 0.5F; };
  LinkOptions options;
  options.gain = -1.0F;  // in antiphase, where a step is largest
  const auto peer = bench.Connect(options);
  peer->runner.Start();
  bench.PlayBlocks(8, frames, Gains(1.0F, 0.0F, true));
  const std::uint64_t begin = bench.played;
  constexpr int kBlocks = 20;
  for (int i = 1; i <= kBlocks; ++i) {
    const float wet = 1.0F - static_cast<float>(i) / kBlocks;
    bench.Play(frames, Gains(wet, 1.0F - wet, true));
  }
  const double slope = 1.0 / (kBlocks * frames);  // from -0.5 to 0.5
  double furthest = 0;
  for (std::uint64_t i = begin; i < bench.played; ++i) {
    const double wanted = -0.5 + slope * static_cast<double>(i + 1 - begin);
    furthest = std::max(furthest, std::fabs(bench.output[0][i] - wanted));
  }
  CHECK(furthest < 1e-5);
  bench.Play(frames, Gains(0.0F, 1.0F, true));
  CHECK(bench.Differing(1.0F, 0, bench.played - frames, bench.played) == 0);
}

TEST_CASE("AudioPath: the first block of an export has its gains from the first frame") {
  PathBench bench;
  const auto peer = bench.Connect();
  peer->runner.Start();
  const bool played_before = GENERATE(true, false);
  if (played_before) {
    PlayPaced(bench, *peer, 20, 256, Gains(0.0F, 1.0F));
    bench.path->Reset();
  }
  const std::uint64_t begin = bench.played;
  bench.PlayBlocks(4, 256, Gains(1.0F, 0.0F, true));
  CHECK(bench.Differing(0.5F, 0, begin, bench.played) == 0);
}

TEST_CASE("AudioPath: a dry part that is off brings nothing in that is not a number") {
  PathBench bench(PathConfig(1, 256));
  bench.source = [](std::uint32_t, std::uint64_t frame) {
    return frame == 300 ? std::numeric_limits<float>::quiet_NaN() : 0.25F;
  };
  const auto peer = bench.Connect();
  // As a runner does it.
  peer->runner.SetSpoil([](ipc::OutputBlock* block, Rows* audio) {
    for (std::uint32_t i = 0; i < block->frames; ++i) {
      if (std::isnan((*audio)[0][i])) (*audio)[0][i] = 0.0F;
    }
  });
  peer->runner.Start();
  bench.PlayBlocks(4, 256, Gains(1.0F, 0.0F, true));
  std::uint32_t not_finite = 0;
  for (const float sample : bench.output[0]) not_finite += !std::isfinite(sample);
  CHECK(not_finite == 0);
}

// A switch, and the shares of the frames that it has given.
struct Switched {
  explicit Switched(double rate_hz = 48000) { it.Begin(rate_hz); }
  Task Play(bool on, std::uint32_t frames = 256, bool interrupted = false) {
    const Task task = it.Follow(on, interrupted);
    for (std::uint32_t i = 0; i < frames; ++i) {
      const bool through = task != Task::kNothing;
      shares.push_back(!through ? 0.0F : it.IsOn() ? 1.0F : it.Next(latency_frames));
    }
    return task;
  }
  // Plays until it has come to the end; how many frames that took.
  std::size_t PlayTo(bool on, std::uint32_t frames) {
    const std::size_t begin = shares.size();
    do {
      static_cast<void>(Play(on, frames));
    } while (shares.back() != (on ? 1.0F : 0.0F));
    std::size_t took = 0;
    while (shares[begin + took] != shares.back()) ++took;
    return took;
  }
  [[nodiscard]] float LargestStep() const {
    float largest = 0.0F;
    for (std::size_t i = 1; i < shares.size(); ++i) {
      largest = std::max(largest, std::fabs(shares[i] - shares[i - 1]));
    }
    return largest;
  }
  BypassSwitch it;
  std::uint32_t latency_frames = 0;
  std::vector<float> shares;
};

constexpr std::uint32_t kFade = 384;  // at 48 kHz

TEST_CASE("BypassSwitch: off and on are fades, and on comes after what was under way") {
  const std::uint32_t frames = GENERATE(1U, 63U, 64U, 65U, 256U, 441U, 1024U);
  const std::uint32_t latency = GENERATE(0U, 100U, 2000U);
  Switched played;
  played.latency_frames = latency;
  CHECK(played.Play(true, frames) == Task::kProcess);
  CHECK(played.it.IsOn());
  const std::size_t out = played.PlayTo(false, frames);
  CHECK(out + 2 >= kFade);
  CHECK(out <= kFade + 2);
  CHECK(played.Play(false, frames) == Task::kNothing);
  CHECK(played.Play(true, frames) == Task::kProcessFromRest);
  const std::size_t in = frames + played.PlayTo(true, frames);
  CHECK(in + 2 >= latency + 2 * kFade);
  CHECK(in <= latency + 2 * kFade + 2 + frames);
  CHECK(played.LargestStep() < 1.01F / kFade);
  CHECK(played.Play(true, frames) == Task::kProcess);
  CHECK(played.it.IsOn());
}

TEST_CASE("BypassSwitch: the first block is what the switch says, without a fade") {
  const bool on = GENERATE(true, false);
  Switched played;
  CHECK(played.Play(on) == (on ? Task::kProcess : Task::kNothing));
  CHECK(played.LargestStep() == 0.0F);
  CHECK(played.Play(!on) == (on ? Task::kProcess : Task::kProcessFromRest));
  played.it.Begin(44100);  // an export
  CHECK(played.Play(on) == (on ? Task::kProcess : Task::kNothing));
  CHECK(played.it.IsOn() == on);
}

TEST_CASE("BypassSwitch: back on within the fade goes on with the sound that is there") {
  Switched played;
  static_cast<void>(played.Play(true));
  CHECK(played.Play(false, 100) == Task::kProcess);
  CHECK(played.Play(true, 64) == Task::kProcess);
  CHECK(played.PlayTo(true, 64) <= 100);
  CHECK(played.LargestStep() < 1.01F / kFade);
}

TEST_CASE("BypassSwitch: after an interruption the stream begins anew, and is faded to") {
  Switched played;
  static_cast<void>(played.Play(true));
  const std::size_t begin = played.shares.size();
  CHECK(played.Play(true, 256, true) == Task::kProcessFromRest);
  CHECK(played.shares[begin] == 0.0F);
  static_cast<void>(played.PlayTo(true, 256));
  CHECK(played.Play(false, 256, true) == Task::kNothing);
}

TEST_CASE("BypassSwitch: a delay that is known with the first block only is waited for") {
  Switched played;
  static_cast<void>(played.Play(false));
  CHECK(played.Play(true, 1) == Task::kProcessFromRest);
  played.latency_frames = 1000;
  CHECK(played.PlayTo(true, 256) >= 999 + 2 * kFade - 2);
  played.latency_frames = 5000;  // another mode: the stream fades for itself
  static_cast<void>(played.Play(true));
  CHECK(played.shares.back() == 1.0F);
}

}  // namespace
}  // namespace continuo::test
