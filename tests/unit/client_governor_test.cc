// SPDX-License-Identifier: Apache-2.0
// When mode `auto` changes between direct and pipelined, and when it does not.
#include <catch2/catch.hpp>
#include <cstdint>

#include "shared/client/mode_governor.h"

namespace continuo::client {
namespace {

constexpr std::uint32_t kRate = 48000;

// A host's clock and a stream on it.
class Host {
 public:
  explicit Host(std::uint32_t frames = 256) : frames_(frames) { governor.Begin(false); }

  [[nodiscard]] std::uint64_t AllowedNs() const { return PeriodNs() / 2; }
  [[nodiscard]] std::uint64_t PeriodNs() const { return 1'000'000'000ULL * frames_ / kRate; }
  void SetFrames(std::uint32_t frames) { frames_ = frames; }

  // Blocks that take `share` of what is allowed; every n-th is missed, 0: none.
  void Play(double seconds, double share, std::uint32_t miss_each = 0) {
    const auto end = now_ns_ + static_cast<std::uint64_t>(seconds * 1e9);
    for (std::uint32_t i = 1; now_ns_ < end; ++i) {
      const bool before = governor.pipelined();
      const auto took = static_cast<std::uint64_t>(share * static_cast<double>(AllowedNs()));
      if (before) {
        governor.NoteAnswer(took, AllowedNs());
      } else {
        governor.NoteWait(took, AllowedNs(), miss_each != 0 && i % miss_each == 0);
      }
      now_ns_ += PeriodNs();
      governor.NoteBlock(frames_, now_ns_);
      changes += governor.pipelined() != before;
    }
  }
  [[nodiscard]] double Seconds() const { return static_cast<double>(now_ns_ - kStartNs) / 1e9; }

  ModeGovernor governor{kRate};
  int changes = 0;

 private:
  static constexpr std::uint64_t kStartNs = 1'000'000'000'000;
  std::uint32_t frames_;
  std::uint64_t now_ns_ = kStartNs;
};

TEST_CASE("ModeGovernor: direct mode that works is left alone") {
  const std::uint32_t frames = GENERATE(16U, 64U, 256U, 1024U, 4096U);
  Host host(frames);
  host.Play(300, 0.5);
  CHECK(host.changes == 0);
  CHECK(host.governor.reason() == ModeReason::kAdmitted);
}

TEST_CASE("ModeGovernor: a miss now and then changes nothing, several in a row do") {
  Host host;
  host.Play(120, 0.3, 188 * 2);  // one in two seconds
  CHECK_FALSE(host.governor.pipelined());
  host.Play(4, 0.3, 100);
  CHECK(host.governor.pipelined());
  CHECK(host.governor.reason() == ModeReason::kMisses);
  CHECK(host.governor.figure() == ModeGovernor::kMaxMisses);
}

TEST_CASE("ModeGovernor: one miss, as of a runner that stops, is no reason") {
  Host host;
  host.governor.NoteWait(host.AllowedNs(), host.AllowedNs(), true);
  host.Play(60, 0.3);
  CHECK(host.changes == 0);
}

TEST_CASE("ModeGovernor: waits that take most of the deadline are a reason, but not for a moment") {
  Host host;
  host.Play(30, 0.75);
  host.Play(0.15, 0.9);
  host.Play(30, 0.75);
  CHECK_FALSE(host.governor.pipelined());
  host.Play(5, 0.9);
  CHECK(host.governor.pipelined());
  CHECK(host.governor.reason() == ModeReason::kWaits);
  CHECK(host.governor.figure() > 5);
}

TEST_CASE("ModeGovernor: streams that wait for most of the time together leave one by one") {
  // Sixteen on one thread, each within its own deadline.
  Host streams[16];
  int pipelined = 0;
  int most_at_once = 0;
  for (int second = 0; second < 60; ++second) {
    const int before = pipelined;
    pipelined = 0;
    for (Host& host : streams) {
      host.Play(1, 0.2);  // a tenth of the period
      pipelined += host.governor.pipelined();
    }
    most_at_once = std::max(most_at_once, std::abs(pipelined - before));
  }
  // Seven of them fit below 70 % of the time.
  CHECK(pipelined >= 8);
  CHECK(pipelined <= 12);
  CHECK(most_at_once == 1);
  int changes = 0;
  for (const Host& host : streams) changes += host.changes;
  CHECK(changes == pipelined);
}

TEST_CASE("ModeGovernor: back to direct when there has been room for the hold") {
  Host host;
  while (!host.governor.pipelined()) host.Play(0.1, 0.9);
  host.Play(4.8, 0.2);
  CHECK(host.governor.pipelined());
  host.Play(2, 0.2);
  CHECK_FALSE(host.governor.pipelined());
  CHECK(host.governor.reason() == ModeReason::kRoom);
  CHECK(host.governor.figure() == 10);
  host.Play(120, 0.3);
  CHECK(host.changes == 2);
}

TEST_CASE("ModeGovernor: no way back while answers are slow, late, or not known") {
  Host host;
  host.Play(5, 0.9);
  REQUIRE(host.governor.pipelined());
  const int kind = GENERATE(0, 1, 2);
  for (int second = 0; second < 300; ++second) {
    if (kind == 0) host.Play(1, 0.5);
    if (kind == 1) {
      host.Play(1, 0.2);
      host.governor.NoteLate();
    }
    for (int i = 0; kind == 2 && i < 188; ++i) {
      host.governor.NoteBlock(256, 1'100'000'000'000ULL + second * 1'000'000'000ULL);
    }
  }
  CHECK(host.governor.pipelined());
}

TEST_CASE("ModeGovernor: a model that only seems to fit does not make it flap") {
  Host host;
  while (host.Seconds() < 3600) host.Play(1, host.governor.pipelined() ? 0.2 : 0.95);
  CHECK(host.changes >= 2);
  // 5, 10, 20, 40, 80 and then 160 s, and four in direct mode, from one trial to the next.
  CHECK(host.changes <= 2 * 27);
}

TEST_CASE("ModeGovernor: what was learned of one period is not held against another") {
  Host host;
  while (host.Seconds() < 900) host.Play(1, host.governor.pipelined() ? 0.2 : 0.95);
  while (!host.governor.pipelined()) host.Play(1, 0.95);
  const int changes = host.changes;
  host.SetFrames(1024);
  host.Play(9, 0.2);
  CHECK(host.changes == changes + 1);
  CHECK_FALSE(host.governor.pipelined());
}

TEST_CASE("ModeGovernor: a new connection begins as admitted, and keeps what was learned") {
  Host host;
  host.Play(5, 0.9);
  REQUIRE(host.governor.reason() == ModeReason::kWaits);
  host.governor.Begin(false);
  CHECK(host.governor.pipelined());
  CHECK(host.governor.reason() == ModeReason::kWaits);

  Host other;
  other.governor.Begin(true);
  CHECK(other.governor.pipelined());
  CHECK(other.governor.reason() == ModeReason::kAdmitted);
  other.governor.Begin(false);
  CHECK_FALSE(other.governor.pipelined());
}

}  // namespace
}  // namespace continuo::client
