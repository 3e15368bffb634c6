// SPDX-License-Identifier: Apache-2.0
// Streams that are run at once: from the look at their rings to their answers nothing is trapped.
#include <catch2/catch.hpp>
#include <deque>
#include <limits>
#include <memory>
#include <vector>

#include "daemon/stream/stream_worker.h"
#include "shared/ipc/wakeup.h"
#include "tests/realtime/trap.h"
#include "tests/unit/probe_model.h"
#include "tests/unit/rows.h"
#include "tests/unit/segment_pair.h"

namespace continuo::test {
namespace {

using executor::ProcessError;

struct Played {
  explicit Played(ProbeModel& model)
      : input(*pair.client), output(*pair.client), in(2, 256), out(2, 256) {
    stream::SignalPathConfig config;
    config.sample_rate_hz = 48000;
    config.channels = 2;
    config.maximum_block_frames = 256;
    config.wants_midi = true;
    config.parameters = {{0, 10, 1, 5.0}};
    auto path = stream::SignalPath::Make(model, config);
    REQUIRE(path.ok());
    worker = std::make_unique<stream::StreamWorker>(std::move(pair.runner), *std::move(path), 1, 0);
  }
  void Send(std::uint32_t frames, std::uint32_t flags) {
    const ipc::ParameterEvent event{frames / 2, 0, static_cast<float>(sent % 7), 0};
    const ipc::MidiEvent note{0, 3, {0x90, 60, 100, 0, 0, 0, 0, 0}};
    ipc::InputView view;
    view.block.sequence = sent++;
    view.block.frames = frames;
    view.block.flags = flags;
    view.audio = in.From();
    view.parameter_events = {&event, 1};
    view.midi_events = {&note, 1};
    view.block.sent_ns = ipc::MonotonicNs();
    REQUIRE(input.TryWrite(view));
  }
  void TakeAnswer() {
    ipc::OutputBlock block;
    REQUIRE(output.ReadUntrusted(&block, out.From()) == ipc::ReadResult::kRead);
    CHECK(block.sequence + 1 == sent);
  }
  SegmentPair pair;
  ipc::InputProducer input;
  ipc::OutputConsumer output;
  Rows in, out;
  std::uint64_t sent = 0;
  std::unique_ptr<stream::StreamWorker> worker;
};

TEST_CASE("StreamWorker: several at once trap nothing, whatever their model gives") {
  enum class Order : std::uint8_t { kWork, kFail, kNotFinite, kAllocate };
  Order order = Order::kWork;
  ProbeModel model(Mono(48000), [&](const ProbeCall& call) {
    if (order == Order::kAllocate) AllocateAndFree();
    if (order == Order::kFail) return ProcessError::kFailed;
    const ProcessError done = ProbeModel::Gain(call);
    if (order == Order::kNotFinite) call.out[0][0] = std::numeric_limits<float>::quiet_NaN();
    return done;
  });
  model.together = 6;
  std::deque<Played> streams;
  for (int i = 0; i < 3; ++i) streams.emplace_back(model);
  std::vector<stream::StreamWorker*> workers;
  for (Played& played : streams) workers.push_back(played.worker.get());
  const auto play = [&](std::uint32_t frames, std::uint32_t flags) {
    for (Played& played : streams) played.Send(frames, flags);
    bool taken = true;
    {
      const AudioSection section;
      for (stream::StreamWorker* worker : workers) {
        taken = taken && worker->Take() == stream::StreamWorker::Taken::kBlock;
      }
      stream::StreamWorker::Finish(workers);
    }
    REQUIRE(taken);
    for (Played& played : streams) played.TakeAnswer();
  };
  Trap::Reset();
  for (std::uint32_t i = 0; i < 100; ++i) {
    order = i % 10 == 3 ? Order::kFail : i % 10 == 7 ? Order::kNotFinite : Order::kWork;
    play(1 + i * 37 % 256, i % 4 == 0 ? ipc::kBlockReset : 0U);
  }
  CHECK(Trap::Report() == "");
  CHECK(model.largest_batch == 6);
  order = Order::kAllocate;
  play(256, 0);
  CHECK(Trap::Count(Trapped::kAllocate) == 6);
}

}  // namespace
}  // namespace continuo::test
