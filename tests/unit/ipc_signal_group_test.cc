// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>
#include <thread>

#include "shared/ipc/signal_group.h"
#include "shared/ipc/wakeup.h"

namespace continuo::ipc {
namespace {

constexpr std::uint64_t kLongNs = 60'000'000'000;  // a watchdog for hangs

std::vector<Signal*> Pointers(Signal* signals, std::size_t count) {
  std::vector<Signal*> pointers;
  for (std::size_t i = 0; i < count; ++i) pointers.push_back(&signals[i]);
  return pointers;
}

TEST_CASE("SignalGroup: this kernel can wait on many words") {
  // All that is below needs it; on an older one the runner has no lanes.
  if (!SignalGroup::Supported()) WARN("futex_waitv is missing here: lanes are not tested");
}

TEST_CASE("SignalGroup: any of its signals ends the wait") {
  if (!SignalGroup::Supported()) return;
  const auto signals = std::make_unique<Signal[]>(SignalGroup::kMaxSignals);
  SignalGroup group(Pointers(signals.get(), SignalGroup::kMaxSignals));
  for (const std::size_t which : {std::size_t{0}, std::size_t{63}, std::size_t{127}}) {
    group.Observe();
    std::thread notifier([&] {
      while (signals[which].sleepers.load() == 0) std::this_thread::yield();
      Notify(signals[which]);
    });
    const std::uint64_t before_ns = MonotonicNs();
    group.WaitUntil(before_ns + kLongNs);
    CHECK(MonotonicNs() < before_ns + kLongNs);
    notifier.join();
    CHECK(signals[which].sequence.load() == 1);
    CHECK(signals[which].sleepers.load() == 0);
  }
}

TEST_CASE("SignalGroup: a notification between looking and waiting is not lost") {
  if (!SignalGroup::Supported()) return;
  const auto signals = std::make_unique<Signal[]>(3);
  SignalGroup group(Pointers(signals.get(), 3));
  group.Observe();
  Notify(signals[1]);
  const std::uint64_t before_ns = MonotonicNs();
  group.WaitUntil(before_ns + kLongNs);
  CHECK(MonotonicNs() < before_ns + kLongNs);
}

TEST_CASE("SignalGroup: the wait ends at its deadline, whatever a peer writes") {
  if (!SignalGroup::Supported()) return;
  const auto signals = std::make_unique<Signal[]>(2);
  signals[0].sleepers = 0xFFFFFFFF;
  SignalGroup group(Pointers(signals.get(), 2));
  group.Observe();
  const std::uint64_t deadline_ns = MonotonicNs() + 2'000'000;
  group.WaitUntil(deadline_ns);
  CHECK(MonotonicNs() >= deadline_ns);
}

}  // namespace
}  // namespace continuo::ipc
