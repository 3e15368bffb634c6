// SPDX-License-Identifier: Apache-2.0
// No test here asserts how long something took; what hangs, the watchdog ends.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "shared/ipc/wakeup.h"
#include "tests/unit/segment_pair.h"

namespace continuo::ipc {
namespace {

constexpr std::uint32_t kRounds = 100'000;
// So far off that a lost notification shows as a hang.
constexpr std::uint64_t kNever = ~std::uint64_t{0} / 2;

// Moves `mine` to `round` and waits until `theirs` has come there too.
void Meet(SharedU32& mine, Signal& to, SharedU32& theirs, Signal& from, std::uint32_t round,
          std::uint64_t spin_ns) {
  mine.store(round, std::memory_order_release);
  Notify(to);
  for (;;) {
    const std::uint32_t seen = Observe(from);
    if (theirs.load(std::memory_order_acquire) >= round) return;
    WaitUntil(from, seen, kNever, spin_ns);
  }
}

void PlayClient(Segment& segment, std::uint32_t rounds, std::uint64_t spin_ns) {
  for (std::uint32_t round = 1; round <= rounds; ++round) {
    Meet(segment.client().input_write, segment.input_signal(), segment.runner().output_write,
         segment.output_signal(), round, spin_ns);
  }
}

void PlayRunner(Segment& segment, std::uint32_t rounds, std::uint64_t spin_ns) {
  for (std::uint32_t round = 1; round <= rounds; ++round) {
    Meet(segment.runner().output_write, segment.output_signal(), segment.client().input_write,
         segment.input_signal(), round, spin_ns);
  }
}

TEST_CASE("Wakeup: no notification is lost between two threads") {
  const std::uint64_t spin_ns = GENERATE(0, 10'000);
  const test::SegmentPair pair;
  std::thread runner([&] { PlayRunner(*pair.runner, kRounds, spin_ns); });
  PlayClient(*pair.client, kRounds, spin_ns);
  runner.join();
  CHECK(pair.client->runner().output_write.load() == kRounds);
}

TEST_CASE("Wakeup: no notification is lost between two processes") {
  const test::SegmentPair pair;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    PlayRunner(*pair.runner, kRounds, 0);
    ::_exit(0);
  }
  PlayClient(*pair.client, kRounds, 0);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(pair.client->runner().output_write.load() == kRounds);
}

TEST_CASE("Wakeup: a peer that never notifies is left at the deadline, not before") {
  const test::SegmentPair pair;
  Signal& signal = pair.client->output_signal();
  const std::uint64_t spin_ns = GENERATE(0, 10'000);
  const std::uint32_t seen = Observe(signal);
  const std::uint64_t deadline_ns = MonotonicNs() + 3'000'000;
  while (MonotonicNs() < deadline_ns) WaitUntil(signal, seen, deadline_ns, spin_ns);
  CHECK(Observe(signal) == seen);
  CHECK(signal.sleepers.load() == 0);
}

TEST_CASE("Wakeup: a deadline in the past returns at once and leaves no sleeper") {
  const test::SegmentPair pair;
  Signal& signal = pair.client->output_signal();
  WaitUntil(signal, Observe(signal), GENERATE(std::uint64_t{0}, std::uint64_t{1}), 0);
  CHECK(signal.sleepers.load() == 0);
}

TEST_CASE("Wakeup: a notification before the wait ends it at once") {
  const test::SegmentPair pair;
  Signal& signal = pair.client->output_signal();
  const std::uint32_t seen = Observe(signal);
  Notify(signal);
  WaitUntil(signal, seen, kNever, 0);
  CHECK(Observe(signal) == seen + 1);
}

TEST_CASE("Wakeup: the counter wraps at 2^32") {
  const test::SegmentPair pair;
  Signal& signal = pair.client->output_signal();
  signal.sequence.store(0xFFFFFFFF);
  const std::uint32_t seen = Observe(signal);
  Notify(signal);
  CHECK(Observe(signal) == 0);
  WaitUntil(signal, seen, kNever, 0);
}

TEST_CASE("Wakeup: a storm of notifications does not carry a wait beyond its deadline") {
  const test::SegmentPair pair;
  std::atomic<bool> done{false};
  std::thread hostile([&] {
    while (!done.load(std::memory_order_relaxed)) {
      Notify(pair.runner->output_signal());
      pair.runner->output_signal().sleepers.store(0xFFFFFFFF);
    }
  });
  Signal& signal = pair.client->output_signal();
  const std::uint64_t deadline_ns = MonotonicNs() + 5'000'000;
  std::uint64_t waits = 0;
  while (MonotonicNs() < deadline_ns) {
    WaitUntil(signal, Observe(signal), deadline_ns, 10'000);
    ++waits;
  }
  done.store(true);
  hostile.join();
  CHECK(waits > 0);
}

TEST_CASE("Wakeup: a peer that says that nobody sleeps cannot keep us beyond the deadline") {
  const test::SegmentPair pair;
  std::atomic<bool> done{false};
  std::thread hostile([&] {
    while (!done.load(std::memory_order_relaxed)) {
      pair.runner->output_signal().sleepers.store(0);
      Notify(pair.runner->output_signal());  // sees no sleeper and wakes nobody
    }
  });
  Signal& signal = pair.client->output_signal();
  const std::uint64_t deadline_ns = MonotonicNs() + 5'000'000;
  while (MonotonicNs() < deadline_ns) WaitUntil(signal, Observe(signal), deadline_ns, 0);
  done.store(true);
  hostile.join();
  SUCCEED("the wait has ended");
}

}  // namespace
}  // namespace continuo::ipc
