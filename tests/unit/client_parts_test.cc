// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "shared/client/crossfade.h"
#include "shared/client/frame_history.h"
#include "shared/client/handover.h"
#include "tests/unit/rows.h"

namespace continuo::client {
namespace {

using test::Rows;

TEST_CASE("FrameHistory: a delayed read gives what was written, at every length") {
  const std::uint32_t frames = GENERATE(1U, 63U, 64U, 65U, 256U, 441U, 1024U);
  const std::uint32_t delay = GENERATE(0U, 1U, 1000U, 3000U);
  FrameHistory history(2, 4096);
  Rows in(2, frames), out(2, frames);
  std::uint64_t position = FrameHistory::kStart;
  std::uint64_t differing = 0;
  for (int block = 0; block < 40; ++block) {
    for (std::uint32_t i = 0; i < frames; ++i) {
      in[0][i] = static_cast<float>((position + i) % 8191 + 1);
      in[1][i] = -in[0][i];
    }
    history.Write(position, in.From(), frames);
    history.Read(position - delay, out.From(), frames);
    for (std::uint32_t i = 0; i < frames; ++i) {
      const std::uint64_t wanted = position + i - delay;
      const float sample =
          wanted < FrameHistory::kStart ? 0.0F : static_cast<float>(wanted % 8191 + 1);
      differing += out[0][i] != sample || out[1][i] != -sample || history.At(0, wanted) != sample;
    }
    position += frames;
  }
  CHECK(differing == 0);
}

TEST_CASE("FrameHistory: it holds at least what was asked for") {
  const std::uint32_t wanted = GENERATE(1U, 2U, 3U, 4096U, 4097U);
  CHECK(FrameHistory(1, wanted).capacity_frames() >= wanted);
}

std::size_t ResidentBytes() {
  std::size_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST_CASE("FrameHistory: its memory goes back with it, whatever lies behind it in the heap") {
  constexpr std::size_t kBytes = 4 << 20;
  ::mallopt(M_MMAP_THRESHOLD, 4 * kBytes);  // as after much was freed at once
  auto history = std::make_unique<FrameHistory>(2, kBytes / sizeof(float) / 2);
  const std::vector<char> behind(100'000);
  const std::size_t before = ResidentBytes();
  history.reset();
  CHECK(ResidentBytes() + kBytes / 2 < before);
  CHECK(behind.back() == 0);
}

TEST_CASE("FrameHistory: TakeOver has what was there before, as much as fits") {
  const std::uint32_t capacity = GENERATE(64U, 1024U, 4096U);
  const std::uint32_t channels = GENERATE(1U, 2U);
  FrameHistory source(1, 1024), target(channels, capacity);
  Rows in(1, 1024), out(channels, 4096);
  for (std::uint32_t i = 0; i < 1024; ++i) in[0][i] = static_cast<float>(i + 1);
  const std::uint64_t end = FrameHistory::kStart + 777 + 1024;
  source.Write(end - 1024, in.From(), 1024);
  target.TakeOver(source, end);
  const std::uint32_t kept = std::min(capacity, 1024U);
  target.Read(end - kept, out.From(), kept);
  std::uint32_t differing = 0;
  for (std::uint32_t i = 0; i < kept; ++i) differing += out[0][i] != in[0][1024 - kept + i];
  CHECK(differing == 0);
  if (channels == 2) CHECK(out[1][kept - 1] == 0.0F);
}

TEST_CASE("Crossfade: what was not a number for one frame is none for the decay of a cut") {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  const bool in_last = GENERATE(true, false);
  Crossfade fade(1, 48000);
  Rows before(1, 64), after(1, 64), scratch(1, 64);
  std::fill_n(before[0], 64, 0.5F);
  std::fill_n(after[0], 64, 0.25F);
  if (in_last) before[0][63] = kNaN;
  static_cast<void>(fade.Render(before.From(), before.From(), scratch.From(), 64));
  fade.Cut([in_last](std::uint32_t) { return in_last ? 0.25F : kNaN; });
  const float* const* heard = fade.Render(after.From(), after.From(), scratch.From(), 64);
  CHECK(std::all_of(heard[0], heard[0] + 64, [](float sample) { return sample == 0.25F; }));
}

struct Counted {
  explicit Counted(std::atomic<int>* counter) : alive(counter) { ++*alive; }
  ~Counted() {
    value = -1;
    --*alive;
  }
  std::atomic<int>* alive;
  int value = 0;
};

TEST_CASE("Handover: nothing was offered, nothing is taken") {
  Handover<int> handover;
  CHECK(handover.Take([](int*, int*) { FAIL("no change"); }) == nullptr);
  CHECK_FALSE(handover.HasOffer());
}

TEST_CASE("Handover: the newest offer wins and the others are deleted") {
  std::atomic<int> alive{0};
  Handover<Counted> handover;
  handover.Offer(std::make_unique<Counted>(&alive));
  auto newest = std::make_unique<Counted>(&alive);
  Counted* const expected = newest.get();
  handover.Offer(std::move(newest));
  CHECK(alive.load() == 1);
  CHECK(handover.HasOffer());
  CHECK(handover.Take([](Counted*, Counted* previous) { CHECK(previous == nullptr); }) == expected);
  CHECK_FALSE(handover.HasOffer());
}

TEST_CASE("Handover: what was replaced is deleted by Collect, not by Take") {
  std::atomic<int> alive{0};
  {
    Handover<Counted> handover;
    const auto ignore = [](Counted*, Counted*) {};
    handover.Offer(std::make_unique<Counted>(&alive));
    Counted* const first = handover.Take(ignore);
    handover.Offer(std::make_unique<Counted>(&alive));
    handover.Take([first](Counted*, Counted* previous) { CHECK(previous == first); });
    CHECK(alive.load() == 2);
    handover.Collect();
    CHECK(alive.load() == 1);
    handover.Offer(std::make_unique<Counted>(&alive));
  }
  CHECK(alive.load() == 0);
}

TEST_CASE("Handover: while something retired is not collected the current object stays") {
  std::atomic<int> alive{0};
  Handover<Counted> handover;
  const auto ignore = [](Counted*, Counted*) {};
  handover.Offer(std::make_unique<Counted>(&alive));
  handover.Take(ignore);
  handover.Offer(std::make_unique<Counted>(&alive));
  Counted* const second = handover.Take(ignore);
  handover.Offer(std::make_unique<Counted>(&alive));
  CHECK(handover.Take([](Counted*, Counted*) { FAIL("no room for what is retired"); }) == second);
  handover.Collect();
  CHECK(handover.Take(ignore) != second);
}

TEST_CASE("Handover: two threads never see a deleted object") {
  std::atomic<int> alive{0};
  std::atomic<bool> done{false};
  Handover<Counted> handover;
  std::thread control([&] {
    for (int i = 1; i <= 20'000; ++i) {
      auto object = std::make_unique<Counted>(&alive);
      object->value = i;
      handover.Offer(std::move(object));
      handover.Collect();
    }
    done.store(true);
  });
  int last = 0;
  std::uint64_t deleted = 0, backwards = 0;
  while (!done.load() || handover.HasOffer()) {
    if (const Counted* object = handover.Take([](Counted*, Counted*) {})) {
      deleted += object->value < 1;
      backwards += object->value < last;
      last = object->value;
    }
    if (done.load()) handover.Collect();
  }
  control.join();
  CHECK(deleted == 0);
  CHECK(backwards == 0);
  CHECK(last == 20'000);
}

}  // namespace
}  // namespace continuo::client
