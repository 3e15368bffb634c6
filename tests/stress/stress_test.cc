// SPDX-License-Identifier: Apache-2.0
// Threads at the seams, for a bounded number of rounds; most telling under the
// tsan and asan presets.
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "daemon/stream/stream_worker.h"
#include "daemon/stream/worker_lane.h"
#include "shared/ipc/signal_group.h"
#include "tests/unit/path_bench.h"
#include "tests/unit/probe_model.h"

namespace continuo::test {
namespace {

TEST_CASE("Stress: both rings carry every block, in order, between two threads") {
  constexpr std::uint64_t kBlocks = 10'000;
  SegmentPair pair(2, 64);
  // Of one mapping the thread sanitizer sees both sides, of two what really happens.
  const bool one_mapping = GENERATE(true, false);
  ipc::Segment& runners = one_mapping ? *pair.client : *pair.runner;
  std::thread runner([&] {
    Rows rows(2, 64);
    ipc::InputConsumer input(runners, 4);
    ipc::OutputProducer output(runners);
    ipc::InputStorage storage{};
    for (std::uint32_t channel = 0; channel < 2; ++channel) storage.audio[channel] = rows[channel];
    for (std::uint64_t done = 0; done < kBlocks;) {
      const std::uint32_t seen = ipc::Observe(runners.input_signal());
      if (input.ReadUntrusted(&storage) != ipc::ReadResult::kRead) {
        ipc::WaitUntil(runners.input_signal(), seen, ipc::MonotonicNs() + 100'000'000, 0);
        continue;
      }
      ipc::OutputBlock answer{};
      answer.sequence = storage.block.sequence;
      answer.frames = storage.block.frames;
      while (!output.TryWrite(answer, rows.From())) std::this_thread::yield();
      ipc::Notify(runners.output_signal());
      ++done;
    }
  });
  Rows in(2, 64), out(2, 64);
  ipc::InputProducer input(*pair.client);
  ipc::OutputConsumer output(*pair.client);
  std::uint64_t sent = 0, received = 0, wrong = 0;
  while (received < kBlocks) {
    if (sent < kBlocks) {
      in[1][63] = static_cast<float>(sent);
      ipc::InputView view;
      view.block.sequence = sent;
      view.block.frames = 64;
      view.audio = in.From();
      if (input.TryWrite(view)) {
        ++sent;
        ipc::Notify(pair.client->input_signal());
      }
    }
    ipc::OutputBlock block;
    while (output.ReadUntrusted(&block, out.From()) == ipc::ReadResult::kRead) {
      wrong += block.sequence != received || out[1][63] != static_cast<float>(received);
      ++received;
    }
  }
  runner.join();
  CHECK(wrong == 0);
}

TEST_CASE(
    "Stress: links come, are lost and go while the audio thread plays and parameters change") {
  constexpr int kLinks = 150;
  PathBench bench(PathConfig(2, 64));
  bench.config.deadline = 2;
  bench.board.SetCount(16);
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> blocks{0};
  std::thread control([&] {
    std::unique_ptr<Peer> peer;
    for (int i = 0; i < kLinks; ++i) {
      auto next = bench.Connect({static_cast<std::uint32_t>(i) % 100, 64 * (i % 2 + 0U)});
      next->runner.Start();
      const std::uint64_t until = blocks.load() + 20;
      while (blocks.load() < until) std::this_thread::yield();
      // The audio thread may not have taken it yet.
      if (i % 3 != 0) bench.link->lost.store(true);
      peer = std::move(next);
    }
    done.store(true);
  });
  std::thread host([&] {
    for (std::uint32_t i = 0; !done.load(); ++i) {
      bench.board.Set(i % 16, static_cast<float>(i));
      std::this_thread::yield();
    }
  });
  Rows in(2, 64), out(2, 64);
  float loudest = 0.0F;
  for (std::uint64_t frame = 0; !done.load(); frame += 64) {
    for (std::uint32_t i = 0; i < 64; ++i) in[0][i] = in[1][i] = Sine(0, frame + i);
    bench.path->Process(in.From(), out.From(), 64, {});
    for (std::uint32_t i = 0; i < 64; ++i) loudest = std::max(loudest, std::fabs(out[0][i]));
    blocks.fetch_add(1);
  }
  control.join();
  host.join();
  CHECK(bench.counters.violations.load() == 0);
  // Two offsets may still be decaying one on the other.
  CHECK(loudest < 3.0F);
}

TEST_CASE(
    "Stress: workers are opened, moved and closed while their clients play and others set "
    "parameters") {
  ProbeModel model(Mono(44100), ProbeModel::Gain);
  for (int round = 0; round < 60; ++round) {
    SegmentPair pair(2, 64, round % 2 == 0 ? 44100 : 88200);
    stream::SignalPathConfig config;
    config.sample_rate_hz = pair.runner->geometry().sample_rate_hz;
    config.channels = 2;
    config.maximum_block_frames = 64;
    config.parameters = {{0.0F, 1.0F, 1.0F, 5.0}};
    auto path = stream::SignalPath::Make(model, config);
    REQUIRE(path.ok());
    auto worker =
        std::make_unique<stream::StreamWorker>(std::move(pair.runner), *std::move(path), 1, 0);
    worker->Start();
    std::atomic<bool> stop{false};
    std::thread control([&] {
      while (!stop.load()) {
        worker->SetParameter(0, 0.5F);
        worker->Housekeep();
        static_cast<void>(worker->statistics());
        static_cast<void>(worker->busy_ns());
        static_cast<void>(worker->ended_reason());
        std::this_thread::yield();
      }
    });
    PathBench bench(PathConfig(2, 64));
    bench.board.SetCount(1);
    auto link = std::make_unique<client::Link>(std::move(pair.client));
    link->pipelined_frames = 64;
    bench.path->links().Offer(std::move(link));
    for (std::uint32_t block = 0; block < 200; ++block) {
      bench.board.Set(0, static_cast<float>(block) / 200);
      bench.Play(1 + block % 64);
      if (block % 50 != 49) continue;
      worker->Join();  // to another thread
      worker->Start();
    }
    stop.store(true);
    control.join();
    worker.reset();  // in the midst of what is in the ring
    bench.PlayBlocks(5, 64);
    REQUIRE(bench.counters.violations.load() == 0);
  }
}

// A stream of one channel with its client.
struct Voice {
  explicit Voice(ProbeModel& model) : bench(PathConfig(1, 64)) {
    SegmentPair pair(1, 64);
    stream::SignalPathConfig config;
    config.sample_rate_hz = 48000;
    config.channels = 1;
    config.maximum_block_frames = 64;
    auto path = stream::SignalPath::Make(model, config);
    REQUIRE(path.ok());
    worker = std::make_unique<stream::StreamWorker>(std::move(pair.runner), *std::move(path), 0, 1);
    auto link = std::make_unique<client::Link>(std::move(pair.client));
    link->pipelined_frames = 64;
    bench.path->links().Offer(std::move(link));
  }
  PathBench bench;
  std::unique_ptr<stream::StreamWorker> worker;
};

TEST_CASE(
    "Stress: workers go from threads to lanes and back while they play and are looked after") {
  if (!ipc::SignalGroup::Supported()) return;
  ProbeModel model(Mono(48000), ProbeModel::Copy);
  model.together = GENERATE(1U, 4U);
  std::deque<Voice> voices;
  for (int i = 0; i < 4; ++i) voices.emplace_back(model);
  std::atomic<bool> moved{false};
  std::atomic<int> refusals{0};
  std::thread mover([&] {
    stream::WorkerLane first(0, 1), second(0, 1);
    for (int round = 0; round < 30; ++round) {
      for (Voice& voice : voices) voice.worker->Start();
      for (Voice& voice : voices) refusals += first.Add(voice.worker.get()) ? 0 : 1;
      first.Housekeep();
      for (Voice& voice : voices) refusals += second.Add(voice.worker.get(), &first) ? 0 : 1;
      second.Housekeep();
      for (Voice& voice : voices) refusals += second.Remove(voice.worker.get()) ? 0 : 1;
    }
    moved = true;
  });
  std::thread keeper([&] {
    stream::StreamFacts facts;
    for (std::uint64_t now_ns = 1; !moved; ++now_ns) {
      for (Voice& voice : voices) {
        voice.worker->Housekeep();
        voice.worker->Measure(now_ns, &facts);
        voice.worker->Follow({});
        static_cast<void>(voice.worker->scheduling());
        static_cast<void>(voice.worker->statistics());
      }
      std::this_thread::yield();
    }
  });
  Rows in(1, 64), out(1, 64);
  while (!moved) {
    for (Voice& voice : voices) voice.bench.path->Process(in.From(), out.From(), 64, {});
  }
  mover.join();
  keeper.join();
  CHECK(refusals == 0);
  for (const Voice& voice : voices) {
    CHECK(voice.bench.counters.violations.load() == 0);
    CHECK(voice.worker->statistics().violations == 0);
    CHECK(voice.worker->statistics().blocks > 0);
  }
}

}  // namespace
}  // namespace continuo::test
