// SPDX-License-Identifier: Apache-2.0
// Streams as lanes have them, for tests.
#pragma once

#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "daemon/base/realtime_priority.h"
#include "daemon/stream/stream_worker.h"
#include "daemon/stream/worker_lane.h"
#include "shared/ipc/block_ring.h"
#include "shared/ipc/wakeup.h"
#include "tests/unit/probe_model.h"
#include "tests/unit/rows.h"
#include "tests/unit/segment_pair.h"

namespace continuo::test {

// What a model waits at, once it is called.
struct Gate {
  std::atomic<bool> called{false}, open{false};
  executor::ProcessError Pass(const ProbeCall& call) {
    called = true;
    while (!open) std::this_thread::yield();
    return ProbeModel::Copy(call);
  }
  void AwaitCall() const {
    while (!called) std::this_thread::yield();
  }
};

// A stream without a thread, and the client's ends of its segment.
struct Voice {
  explicit Voice(ProbeModel::Work work = ProbeModel::Copy, std::uint32_t block_frames = 64,
                 std::uint32_t rate_hz = 48000)
      : Voice(std::make_shared<ProbeModel>(Mono(rate_hz), std::move(work)), 1, block_frames) {}
  // At the model's rate.
  Voice(std::shared_ptr<ProbeModel> shared, std::uint32_t channels, std::uint32_t block_frames)
      : model(std::move(shared)),
        frames(block_frames),
        pair(channels, frames, model->description().sample_rate_hz),
        input(*pair.client),
        output(*pair.client),
        in(channels, frames),
        out(channels, frames) {
    stream::SignalPathConfig config;
    config.sample_rate_hz = model->description().sample_rate_hz;
    config.channels = channels;
    config.maximum_block_frames = frames;
    auto path = stream::SignalPath::Make(*model, config);
    REQUIRE(path.ok());
    worker = std::make_unique<stream::StreamWorker>(std::move(pair.runner), *std::move(path), 0, 0);
  }
  // Until one thread, and no more, is counted as asleep: who is not counted is not woken.
  void AwaitSleeper() const {
    while (pair.client->input_signal().sleepers.load() != 1) std::this_thread::yield();
  }
  // False where one of the rings would be full.
  bool TrySend(std::uint32_t flags = 0) {
    if (sent - received >= ipc::kSlots) return false;
    in[0][0] = static_cast<float>(sent + 1);
    ipc::InputView view;
    view.block.sequence = sent;
    view.block.frames = frames;
    view.block.flags = flags;
    view.audio = in.From();
    if (!input.TryWrite(view)) return false;
    ++sent;
    ipc::Notify(pair.client->input_signal());
    return true;
  }
  void Send(std::uint32_t flags = 0) { REQUIRE(TrySend(flags)); }
  bool TryReceive() {
    ipc::OutputBlock block{};
    if (output.ReadUntrusted(&block, out.From()) != ipc::ReadResult::kRead) return false;
    CHECK(block.sequence == received++);
    answered_flags = block.flags;
    return true;
  }
  // Waits; the watchdog of the test program ends what never comes.
  void Receive() {
    while (!TryReceive()) std::this_thread::yield();
  }

  const std::shared_ptr<ProbeModel> model;
  const std::uint32_t frames;
  SegmentPair pair;
  ipc::InputProducer input;
  ipc::OutputConsumer output;
  Rows in, out;
  std::uint64_t sent = 0, received = 0;
  std::uint32_t answered_flags = 0;  // of the block received last
  std::unique_ptr<stream::StreamWorker> worker;
};

// Of the threads of this process the lane's.
inline pid_t ThreadOf(const std::string& name) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string found;
    std::getline(std::ifstream(task.path() / "comm"), found);
    if (found == name) return static_cast<pid_t>(std::stol(task.path().filename().string()));
  }
  return 0;
}

// The thread of a lane that has real-time priority; 0, with a warning, where it has no right to it.
inline pid_t RealtimeThreadOf(const stream::WorkerLane& lane, const std::string& name) {
  const pid_t thread = ThreadOf(name);
  REQUIRE(thread != 0);
  if (base::RealtimePriorityOf(thread) > 0) return thread;
  WARN("no right to real-time priority: " << lane.scheduling());
  return 0;
}

}  // namespace continuo::test
