// SPDX-License-Identifier: Apache-2.0
// A model that burns at real-time priority, and a host's thread at normal priority on the same
// core. Without a way out the kernel alone would help: with 50 ms of each second.
#include <sched.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "daemon/base/processors.h"
#include "daemon/base/realtime_priority.h"
#include "daemon/base/thread.h"
#include "daemon/stream/stream_worker.h"
#include "shared/ipc/wakeup.h"
#include "tests/unit/probe_model.h"
#include "tests/unit/rows.h"
#include "tests/unit/segment_pair.h"

namespace continuo::stream {
namespace {

using executor::ProcessError;
using test::ProbeCall;

constexpr std::uint32_t kFrames = 64;  // 1.3 ms
// What the kernel's own throttling leaves is a gap of 950 ms.
constexpr std::uint64_t kLongestGapNs = 500'000'000;

bool RealtimeIsPermitted() {
  int priority = 0;
  std::thread([&priority] {
    static_cast<void>(base::RaisePriority(10));
    priority = base::RealtimePriorityOf(0);
  }).join();
  return priority > 0;
}

// The longest time for which a thread at normal priority on `core` did not run, while a model
// took `burn_ns` for each of `blocks` blocks.
std::uint64_t LongestGap(std::uint64_t burn_ns, std::uint32_t blocks, std::uint32_t core,
                         std::string* scheduling) {
  std::atomic<std::uint64_t> longest_ns{0};
  std::atomic<bool> done{false};
  std::atomic<std::uint32_t> answered{0};
  test::ProbeModel model(test::Mono(48000), [&](const ProbeCall& call) {
    const std::uint64_t end_ns = ipc::MonotonicNs() + burn_ns;
    while (ipc::MonotonicNs() < end_ns) {
    }
    answered.fetch_add(1);
    return test::ProbeModel::Copy(call);
  });
  SignalPathConfig config;
  config.sample_rate_hz = 48000;
  config.channels = 1;
  config.maximum_block_frames = kFrames;
  auto path = SignalPath::Make(model, config);
  REQUIRE(path.ok());
  test::SegmentPair pair(1, kFrames);
  const auto client = std::move(pair.client);
  StreamWorker worker(std::move(pair.runner), *std::move(path), 0, 10);
  worker.StartOn(core, 10);
  std::thread victim([&] {
    base::BindToCore(core);
    std::uint64_t before_ns = ipc::MonotonicNs();
    while (!done.load()) {
      const std::uint64_t now_ns = ipc::MonotonicNs();
      if (now_ns - before_ns > longest_ns.load()) longest_ns.store(now_ns - before_ns);
      before_ns = now_ns;
    }
  });
  ipc::InputProducer input(*client);
  ipc::OutputConsumer output(*client);
  test::Rows in(1, kFrames), out(1, kFrames);
  for (std::uint32_t block = 0; block < blocks; ++block) {
    ipc::InputView view;
    view.block.sequence = block;
    view.block.frames = kFrames;
    view.audio = in.From();
    while (!input.TryWrite(view)) {
      ipc::OutputBlock answer;
      while (output.ReadUntrusted(&answer, out.From()) == ipc::ReadResult::kRead) {
      }
      std::this_thread::yield();
    }
    ipc::Notify(client->input_signal());
  }
  while (answered.load() < blocks) std::this_thread::yield();
  done.store(true);
  victim.join();
  worker.Housekeep();
  *scheduling = worker.scheduling();
  return longest_ns.load();
}

TEST_CASE("StreamWorker: a model that is too slow does not starve a thread at normal priority") {
  if (!RealtimeIsPermitted()) return;
  std::string scheduling;
  // 250 blocks of 10 ms each, one after the other.
  CHECK(LongestGap(10'000'000, 250, base::AllowedProcessors().back(), &scheduling) < kLongestGapNs);
  CHECK_THAT(scheduling, Catch::Contains("at normal priority, as its blocks take longer"));
}

TEST_CASE("StreamWorker: a model that hangs in a block does not starve it either") {
  if (!RealtimeIsPermitted()) return;
  base::GuardRealtime(false);
  std::string scheduling;
  CHECK(LongestGap(1'500'000'000, 1, base::AllowedProcessors().back(), &scheduling) <
        kLongestGapNs);
}

}  // namespace
}  // namespace continuo::stream
