// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <thread>

#include "shared/scope/signal_tap.h"

namespace continuo::scope {
namespace {

// Plays frames whose input is their position, modulo what a float counts exactly, and whose output
// is the input `delay` frames earlier.
class Player {
 public:
  Player(SignalTap* tap, std::uint32_t delay) : tap_(*tap), delay_(delay) {}

  void Play(std::uint32_t frames) {
    Begin(frames);
    End();
  }
  void Begin(std::uint32_t frames) {
    frames_ = frames;
    Fill(0);
    tap_.TakeInput(pointers_, frames);
  }
  void End() {
    Fill(delay_);
    tap_.TakeOutput(pointers_, frames_);
    position_ += frames_;
  }

 private:
  void Fill(std::uint32_t delay) {
    for (std::uint32_t channel = 0; channel < kChannels; ++channel) {
      memory_[channel].resize(frames_);
      for (std::uint32_t i = 0; i < frames_; ++i) {
        const auto value = static_cast<float>((position_ + i - delay) & 0xFFFFF);
        memory_[channel][i] = channel == 0 ? value : -value;
      }
      pointers_[channel] = memory_[channel].data();
    }
  }

  SignalTap& tap_;
  const std::uint32_t delay_;
  std::uint32_t frames_ = 0;
  std::uint64_t position_ = 1U << 20;
  Channels memory_;
  const float* pointers_[kChannels] = {};
};

bool IsAligned(const Excerpt& excerpt) {
  const auto& first = excerpt.input[0];
  for (std::size_t i = 0; i < first.size(); ++i) {
    const float expected = static_cast<float>((static_cast<std::uint64_t>(first[0]) + i) & 0xFFFFF);
    if (excerpt.input[0][i] != expected || excerpt.input[1][i] != -expected ||
        excerpt.output[0][i] != expected || excerpt.output[1][i] != -expected) {
      return false;
    }
  }
  return !first.empty();
}

TEST_CASE("SignalTap: nothing is kept while nobody watches") {
  SignalTap tap;
  Player player(&tap, 0);
  player.Play(256);
  Excerpt excerpt;
  CHECK_FALSE(tap.Read(1, 0, &excerpt));
  tap.Watch(true);
  player.Play(256);
  tap.Watch(false);
  player.Play(256);
  REQUIRE(tap.Read(256, 0, &excerpt));
  CHECK(excerpt.end == 256);
  CHECK_FALSE(tap.Read(257, 0, &excerpt));
}

TEST_CASE("SignalTap: a block that had begun before the watch is left out") {
  SignalTap tap;
  Player player(&tap, 0);
  player.Begin(64);
  tap.Watch(true);
  player.End();
  Excerpt excerpt;
  CHECK_FALSE(tap.Read(1, 0, &excerpt));
}

TEST_CASE(
    "SignalTap: what was played before a pause in watching is not mixed with what came after") {
  SignalTap tap;
  Player player(&tap, 0);
  tap.Watch(true);
  player.Play(256);
  tap.Watch(false);
  player.Play(64);
  tap.Watch(true);
  player.Play(64);
  Excerpt excerpt;
  CHECK_FALSE(tap.Read(65, 0, &excerpt));
  REQUIRE(tap.Read(64, 0, &excerpt));
  CHECK(IsAligned(excerpt));
}

TEST_CASE("SignalTap: output and input are aligned by the delay, whatever the blocks") {
  const auto delay = GENERATE(0U, 4U, 256U, 5000U);
  const auto block = GENERATE(1U, 63U, 441U, 1024U);
  SignalTap tap;
  tap.Watch(true);
  Player player(&tap, delay);
  for (std::uint32_t played = 0; played < 3 * SignalTap::kRingFrames / 2; played += block)
    player.Play(block);
  Excerpt excerpt;
  REQUIRE(tap.Read(4096, delay, &excerpt));
  CHECK(excerpt.output[0].size() == 4096);
  CHECK(IsAligned(excerpt));
}

TEST_CASE("SignalTap: frames that are being written over are not read") {
  SignalTap tap;
  tap.Watch(true);
  Player player(&tap, 0);
  for (int i = 0; i < 3; ++i) player.Play(SignalTap::kRingFrames / 2);
  Excerpt excerpt;
  CHECK(tap.Read(SignalTap::kRingFrames, 0, &excerpt));
  CHECK_FALSE(tap.Read(SignalTap::kRingFrames, 1, &excerpt));
  player.Begin(64);
  CHECK_FALSE(tap.Read(SignalTap::kRingFrames, 0, &excerpt));
  CHECK_FALSE(tap.Read(SignalTap::kRingFrames - 63, 0, &excerpt));
  REQUIRE(tap.Read(SignalTap::kRingFrames - 64, 0, &excerpt));
  CHECK(IsAligned(excerpt));
  player.End();
}

TEST_CASE("SignalTap: peaks are those since the last question, each side and channel its own") {
  SignalTap tap;
  tap.Watch(true);
  const std::vector<float> left = {0.25F, -0.5F, NAN};
  const std::vector<float> right = {0.0F, 0.125F, 0.0F};
  const float* const in[] = {left.data(), right.data()};
  const float* const out[] = {right.data(), left.data()};
  tap.TakeInput(in, 3);
  tap.TakeOutput(out, 3);
  tap.TakeInput(in, 1);
  tap.TakeOutput(out, 1);
  const Peaks peaks = tap.TakePeaks();
  CHECK(peaks.input == std::array{0.5F, 0.125F});
  CHECK(peaks.output == std::array{0.125F, 0.5F});
  CHECK(tap.TakePeaks().output == std::array{0.0F, 0.0F});
}

TEST_CASE("SignalTap: a reader beside a writer gets whole frames or nothing") {
  SignalTap tap;
  tap.Watch(true);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    Player player(&tap, 100);
    for (int i = 0; i < 4000; ++i) player.Play(1 + static_cast<std::uint32_t>(i) % 512);
    done = true;
  });
  std::uint64_t wrong = 0;
  Excerpt excerpt;
  while (!done) {
    if (tap.Read(SignalTap::kRingFrames - 600, 100, &excerpt) && !IsAligned(excerpt)) ++wrong;
  }
  writer.join();
  CHECK(wrong == 0);
  REQUIRE(tap.Read(1024, 100, &excerpt));
  CHECK(IsAligned(excerpt));
}

}  // namespace
}  // namespace continuo::scope
