// SPDX-License-Identifier: Apache-2.0
// The runner's audio thread between the two rings of a segment, driven by hand.
#include "daemon/stream/stream_worker.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

#include "daemon/base/processors.h"
#include "shared/ipc/wakeup.h"
#include "tests/unit/probe_model.h"
#include "tests/unit/rows.h"
#include "tests/unit/segment_pair.h"

namespace continuo::stream {
namespace {

using executor::ProcessError;
using test::Mono;
using test::ProbeCall;
using test::ProbeModel;
using test::Rows;

constexpr std::uint32_t kFrames = 64;

// A worker, and the client's ends of its segment.
class Bench {
 public:
  explicit Bench(ProbeModel::Work work = ProbeModel::Gain)
      : model(Mono(48000), std::move(work)),
        pair(1, kFrames),
        client(std::move(pair.client)),
        input(*client),
        output(*client),
        in(1, kFrames),
        out(1, kFrames) {
    SignalPathConfig config;
    config.sample_rate_hz = 48000;
    config.channels = 1;
    config.maximum_block_frames = kFrames;
    config.wants_midi = config.wants_transport = true;
    config.parameters = {{0.0F, 10.0F, 1.0F, 0.0}, {0.0F, 1.0F, 0.0F, 0.0}};
    auto path = SignalPath::Make(model, config);
    REQUIRE(path.ok());
    worker = std::make_unique<StreamWorker>(std::move(pair.runner), *std::move(path), 2, 0);
    worker->Start();
  }

  void Send(std::uint32_t flags = 0, std::uint32_t frames = kFrames) {
    for (std::uint32_t i = 0; i < kFrames; ++i) {
      in[0][i] = silent ? 0.0F : static_cast<float>(sequence + 1);
    }
    ipc::InputView view;
    view.block.sequence = sequence++;
    view.block.position = 1'000'000 + 100 * view.block.sequence + skipped;
    view.block.sent_ns = ipc::MonotonicNs();
    view.block.cpu = cpu;
    view.block.transport = transport;
    view.midi_events = midi;
    view.block.frames = frames;
    view.block.flags = flags;
    view.audio = in.From();
    REQUIRE(input.TryWrite(view));
    ipc::Notify(client->input_signal());
  }
  // Waits for the next result; the watchdog ends what never comes.
  ipc::OutputBlock Receive() {
    ipc::OutputBlock block{};
    for (;;) {
      const std::uint32_t seen = ipc::Observe(client->output_signal());
      if (output.ReadUntrusted(&block, out.From()) == ipc::ReadResult::kRead) return block;
      ipc::WaitUntil(client->output_signal(), seen, ~std::uint64_t{0} / 2, 0);
    }
  }
  // Waits until the figures say so.
  template <typename Condition>
  ipc::Statistics Await(Condition condition) {
    for (;;) {
      const ipc::Statistics figures = worker->statistics();
      if (condition(figures)) return figures;
      std::this_thread::yield();
    }
  }

  ProbeModel model;
  test::SegmentPair pair;
  std::unique_ptr<ipc::Segment> client;
  ipc::InputProducer input;
  ipc::OutputConsumer output;
  Rows in, out;
  std::unique_ptr<StreamWorker> worker;
  std::uint64_t sequence = 0;
  std::uint64_t skipped = 0;  // frames that were never sent
  std::uint32_t cpu = 0;
  bool silent = false;
  ipc::Transport transport{};
  std::vector<ipc::MidiEvent> midi;
};

TEST_CASE("StreamWorker: each block is answered, in order and at its place") {
  Bench bench;
  for (std::uint64_t i = 0; i < 100; ++i) {
    bench.Send(0, 1 + static_cast<std::uint32_t>(i) % kFrames);
    const ipc::OutputBlock block = bench.Receive();
    CHECK(block.sequence == i);
    CHECK(block.position == 1'000'000 + 100 * i);
    CHECK(block.frames == 1 + i % kFrames);
    CHECK(block.flags == 0);
    CHECK(bench.out[0][0] == static_cast<float>(i + 1));
  }
  const auto figures = bench.Await([](const ipc::Statistics& s) { return s.blocks == 100; });
  CHECK(figures.violations == 0);
  CHECK(figures.dropped_results == 0);
  CHECK(figures.process_max_ns <= figures.process_total_ns);
  CHECK(bench.worker->Load(figures) > 0.0);
  CHECK(bench.worker->ended_reason().empty());
}

TEST_CASE("StreamWorker: it says in the segment that it runs, and that it has ended") {
  Bench bench;
  CHECK(bench.client->runner().state.load() ==
        static_cast<std::uint32_t>(ipc::RunnerState::kRunning));
  CHECK(bench.client->runner().heartbeat_ns.load() != 0);
  bench.worker.reset();
  CHECK(bench.client->runner().state.load() ==
        static_cast<std::uint32_t>(ipc::RunnerState::kEnded));
}

TEST_CASE("StreamWorker: housekeeping is a sign of life without a block") {
  Bench bench;
  bench.client->runner().heartbeat_ns.store(0);
  bench.worker->Housekeep();
  CHECK(bench.client->runner().heartbeat_ns.load() != 0);
}

TEST_CASE("StreamWorker: a parameter set by another thread is in force at the next block") {
  Bench bench;
  bench.worker->SetParameter(0, 3.0F);
  bench.worker->SetParameter(2, 9.0F);
  bench.worker->SetParameter(0xFFFFFFFF, 9.0F);
  bench.Send();
  static_cast<void>(bench.Receive());
  CHECK(bench.out[0][0] == 3.0F);
}

TEST_CASE("StreamWorker: a reset is passed on to the model") {
  Bench bench;
  bench.Send();
  static_cast<void>(bench.Receive());
  CHECK(bench.model.resets == 0);
  bench.Send(ipc::kBlockReset);
  static_cast<void>(bench.Receive());
  CHECK(bench.model.resets == 1);
}

TEST_CASE("StreamWorker: samples that are not finite are counted") {
  Bench bench([](const ProbeCall& call) { return ProbeModel::Copy(call); });
  std::uint32_t bits = 0x7FC00000;
  std::memcpy(bench.client->InputSlot(0) + ipc::kInputAudioOffset, &bits, sizeof bits);
  ipc::InputView view;
  Rows not_finite(1, kFrames);
  not_finite[0][5] = std::numeric_limits<float>::quiet_NaN();
  view.block.frames = kFrames;
  view.audio = not_finite.From();
  REQUIRE(bench.input.TryWrite(view));
  ipc::Notify(bench.client->input_signal());
  static_cast<void>(bench.Receive());
  CHECK(bench.out[0][5] == 0.0F);
  CHECK(bench.Await([](const ipc::Statistics& s) { return s.blocks == 1; }).non_finite_samples ==
        1);
}

TEST_CASE("StreamWorker: a failure of the model is an answer, and the next block is processed") {
  std::atomic<bool> fail{true};
  Bench bench([&fail](const ProbeCall& call) {
    return fail.load() ? ProcessError::kFailed : ProbeModel::Gain(call);
  });
  bench.Send();
  CHECK(bench.Receive().flags == ipc::kOutputFailed);
  fail.store(false);
  bench.Send();
  CHECK(bench.Receive().flags == 0);
  CHECK(bench.out[0][0] == 2.0F);
}

TEST_CASE("StreamWorker: a model that only fails ends the stream in words") {
  Bench bench([](const ProbeCall&) { return ProcessError::kFailed; });
  for (int i = 0; i < 100; ++i) {
    bench.Send();
    static_cast<void>(bench.Receive());
  }
  while (bench.worker->ended_reason().empty()) std::this_thread::yield();
  CHECK_THAT(bench.worker->ended_reason(), Catch::Contains("failed on 100 blocks"));
}

TEST_CASE("StreamWorker: results that the client does not take are dropped and counted") {
  Bench bench;
  for (std::uint32_t i = 0; i < 2 * ipc::kSlots; ++i) {
    bench.Send();
    bench.Await([i](const ipc::Statistics& s) { return s.blocks == i + 1; });
  }
  CHECK(bench.worker->statistics().dropped_results == ipc::kSlots);
  CHECK(bench.Receive().sequence == 0);
  bench.Send();
  for (std::uint32_t i = 1; i < ipc::kSlots; ++i) CHECK(bench.Receive().sequence == i);
  CHECK(bench.Receive().sequence == 2 * ipc::kSlots);
}

TEST_CASE("StreamWorker: a block that is not valid is skipped and counted, the next is answered") {
  Bench bench;
  for (int i = 0; i < 20; ++i) {
    // Both are there when the worker wakes.
    ipc::InputView bad;
    bad.block.sequence = ~std::uint64_t{0};
    bad.block.frames = kFrames;
    bad.audio = bench.in.From();
    REQUIRE(bench.input.TryWrite(bad));
    ++bench.sequence;
    bench.Send();
    CHECK(bench.Receive().sequence == bench.sequence - 1);
  }
  CHECK(bench.Await([](const ipc::Statistics& s) { return s.blocks == 20; }).violations == 20);
}

TEST_CASE("StreamWorker: a client that writes nothing valid for long has ended its stream") {
  Bench bench;
  std::uint32_t write = 0;
  while (bench.worker->ended_reason().empty()) {
    if (bench.client->runner().input_read.load() == write) {
      write += ipc::kSlots;  // slots that were never filled
      bench.client->client().input_write.store(write);
      ipc::Notify(bench.client->input_signal());
    }
    std::this_thread::yield();
  }
  CHECK_THAT(bench.worker->ended_reason(), Catch::Contains("nothing valid"));
  CHECK(bench.worker->statistics().violations == 1000);
}

// By its name: a sanitizer has threads of its own.
bool HasAudioThread() {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    if (name.rfind("stream ", 0) == 0) return true;
  }
  return false;
}

TEST_CASE("StreamWorker: a thread that has ended by itself lets go of what its heir is given") {
  Bench bench([](const ProbeCall&) { return ProcessError::kFailed; });
  for (int i = 0; i < 100; ++i) {
    bench.Send();
    static_cast<void>(bench.Receive());
  }
  while (HasAudioThread()) std::this_thread::yield();
  std::atomic<bool> claimed{true};
  bench.worker->Join(&claimed);
  CHECK_FALSE(claimed.load());
  // From here on it is another's, who may have given it back to the system.
  claimed.store(true);
  bench.worker->Start();
  while (HasAudioThread()) std::this_thread::yield();  // ended, as the stream is
  bench.worker->Join();
  CHECK(claimed.load());
}

TEST_CASE("StreamWorker: what has no thread is its heir's at once") {
  Bench bench;
  bench.worker->Join();
  std::atomic<bool> claimed{true};
  bench.worker->Join(&claimed);
  CHECK_FALSE(claimed.load());
}

TEST_CASE("StreamWorker: garbage all over one segment leaves the stream beside it untouched") {
  Bench hostile, good;
  std::atomic<bool> done{false};
  std::thread attacker([&] {
    std::uint32_t noise = 1;
    auto* words = reinterpret_cast<std::atomic<std::uint32_t>*>(&hostile.client->header());
    const std::size_t count = ipc::TotalBytes(hostile.client->geometry()) / 4;
    while (!done.load()) {
      for (int i = 0; i < 1000; ++i) {
        noise = noise * 1664525 + 1013904223;
        // Control words and the heads of slots more often than the rest.
        const std::size_t at = (noise >> 4) % ((noise & 1) != 0 ? 512 : count);
        words[at].store(noise ^ (noise << 13), std::memory_order_relaxed);
      }
      ipc::Notify(hostile.client->input_signal());
    }
  });
  for (std::uint64_t i = 0; i < 2000; ++i) {
    good.Send();
    CHECK(good.Receive().sequence == i);
    CHECK(good.out[0][0] == static_cast<float>(i + 1));
  }
  done.store(true);
  attacker.join();
  hostile.worker.reset();  // ends, whatever is in its segment
  CHECK(good.worker->statistics().violations == 0);
}

TEST_CASE(
    "StreamWorker: a storm of notifications keeps it neither from answering nor from ending") {
  Bench bench;
  std::atomic<bool> done{false};
  std::thread hostile([&] {
    while (!done.load()) ipc::Notify(bench.client->input_signal());
  });
  for (std::uint64_t i = 0; i < 50; ++i) {
    bench.Send();
    CHECK(bench.Receive().sequence == i);
  }
  bench.worker.reset();
  done.store(true);
  hostile.join();
}

TEST_CASE("StreamWorker: how long a block takes is known while it does") {
  std::atomic<bool> in_model{false}, go_on{false};
  Bench bench([&](const ProbeCall& call) {
    in_model.store(true);
    while (!go_on.load()) std::this_thread::yield();
    return ProbeModel::Gain(call);
  });
  CHECK(bench.worker->busy_ns() == 0);
  bench.Send();
  while (!in_model.load()) std::this_thread::yield();
  while (bench.worker->busy_ns() == 0) std::this_thread::yield();
  go_on.store(true);
  static_cast<void>(bench.Receive());
  while (bench.worker->busy_ns() != 0) std::this_thread::yield();
  SUCCEED("it was busy, and is no more");
}

TEST_CASE("StreamWorker: a stream that has come to rest says so, and goes on where it was") {
  Bench bench([](const ProbeCall& call) {
    for (std::uint32_t i = 0; i < call.frames; ++i) call.out[0][i] = call.in[0][i] + 0.25F;
    return ProcessError::kNone;
  });
  bench.Send();
  CHECK(bench.Receive().flags == 0);
  bench.silent = true;
  int blocks = 0;
  ipc::OutputBlock answer{};
  do {
    bench.Send();
    answer = bench.Receive();
    ++blocks;
  } while (answer.flags == 0);
  CHECK(answer.flags == ipc::kOutputAtRest);
  CHECK(blocks * kFrames >= 24'000);
  CHECK(bench.out[0][kFrames - 1] == 0.25F);
  // A gap, as of a client that has sent nothing for an hour.
  bench.skipped = 48'000U * 3600;
  bench.silent = false;
  bench.Send();
  answer = bench.Receive();
  CHECK(answer.flags == 0);
  CHECK(answer.position == 1'000'000 + 100 * answer.sequence + bench.skipped);
  CHECK(bench.out[0][0] == static_cast<float>(bench.sequence) + 0.25F);
}

TEST_CASE("StreamWorker: notes and the song's position come with their block") {
  std::atomic<std::uint32_t> note_frame{99};
  std::atomic<double> quarters{-1};
  Bench bench([&](const ProbeCall& call) {
    if (call.block->midi_count == 1) note_frame.store(call.block->midi[0].frame);
    if (call.block->transport != nullptr) quarters.store(call.block->transport->position_quarters);
    return ProbeModel::Copy(call);
  });
  bench.midi = {{17, 3, {0x90, 60, 100, 0, 0, 0, 0, 0}}};
  bench.transport = {2.5, 0, 120, ipc::kTransportKnown, 4, 4};
  bench.Send();
  static_cast<void>(bench.Receive());
  CHECK(note_frame.load() == 17);
  CHECK(quarters.load() == 2.5);
}

TEST_CASE("StreamWorker: it says where it runs, and follows where it is sent") {
  Bench bench;
  bench.cpu = 1;
  const auto processors = base::AllowedProcessors();
  for (const std::uint32_t processor : processors) {
    WakePlan plan;
    plan.processor = processor;
    plan.why = "because";
    bench.worker->Follow(plan);
    for (int i = 0; i < 5; ++i) {
      bench.Send();
      static_cast<void>(bench.Receive());
    }
    CHECK(bench.client->runner().cpu.load() == processor);
    CHECK_THAT(bench.worker->scheduling(), Catch::EndsWith("; because"));
  }
}

TEST_CASE("StreamWorker: what it measures of its client is what the client does") {
  Bench bench;
  bench.cpu = 2;
  StreamFacts facts;
  bench.worker->Measure(1'000'000'000, &facts);
  CHECK_FALSE(facts.playing);
  CHECK(facts.direct);
  for (int i = 0; i < 8; ++i) {
    bench.Send();
    static_cast<void>(bench.Receive());
    bench.Await(
        [i](const ipc::Statistics& s) { return s.blocks == static_cast<std::uint64_t>(i) + 1; });
    bench.worker->Housekeep();
  }
  bench.client->client().pipelined_frames.store(256);
  bench.worker->Measure(1'500'000'000, &facts);
  CHECK(facts.playing);
  CHECK_FALSE(facts.direct);
  CHECK(facts.client == 2);
  CHECK(facts.load > 0.0);
  bench.worker->Measure(12'000'000'000, &facts);
  CHECK_FALSE(facts.playing);
}

TEST_CASE("StreamWorker: predicting, it answers every block, in time and out of it") {
  Bench bench;
  WakePlan plan;
  plan.predict = true;
  bench.worker->Follow(plan);
  std::uint64_t due_ns = ipc::MonotonicNs();
  for (std::uint64_t i = 0; i < 400; ++i) {
    // A steady pace, with a pause now and then, and blocks that come at once.
    due_ns += i % 100 == 99 ? 30'000'000 : i % 10 == 9 ? 0 : 1'333'333;
    while (ipc::MonotonicNs() < due_ns) std::this_thread::yield();
    bench.Send();
    REQUIRE(bench.Receive().sequence == i);
    REQUIRE(bench.out[0][0] == static_cast<float>(i + 1));
  }
}

TEST_CASE("StreamWorker: it ends although its client has spoiled the count of sleepers") {
  Bench bench;
  std::atomic<bool> done{false};
  std::thread hostile([&] {
    while (!done.load()) bench.client->input_signal().sleepers.store(0);
  });
  bench.worker.reset();
  done.store(true);
  hostile.join();
  SUCCEED("it has ended");
}

TEST_CASE("StreamWorker: what the client has missed is the client's word") {
  Bench bench;
  bench.client->client().missed_blocks.store(42);
  CHECK(bench.worker->missed_blocks() == 42);
}

}  // namespace
}  // namespace continuo::stream
