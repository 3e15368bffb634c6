// SPDX-License-Identifier: Apache-2.0
// The runner's audio thread, from its first block to a marked last one: the model
// opens and closes the section, so that what lies between two calls of it
// (publication, wake-up, the next look at the ring) is inside.
#include <atomic>
#include <catch2/catch.hpp>
#include <limits>
#include <thread>

#include "daemon/stream/stream_worker.h"
#include "shared/ipc/wakeup.h"
#include "tests/realtime/trap.h"
#include "tests/unit/probe_model.h"
#include "tests/unit/rows.h"
#include "tests/unit/segment_pair.h"

namespace continuo::test {
namespace {

using executor::ProcessError;

// What the model is to do with a block, told from outside.
enum class Order : std::uint8_t { kWork, kFail, kNotFinite, kAllocate, kLeave };

class TrappedWorker {
 public:
  TrappedWorker(std::uint32_t host_rate, std::uint32_t model_rate, bool mid = false)
      : model_(Mono(model_rate, 100), [this](const ProbeCall& call) { return Work(call); }),
        pair_(2, 256, host_rate),
        client_(std::move(pair_.client)),
        input_(*client_),
        output_(*client_),
        in_(2, 256),
        out_(2, 256) {
    stream::SignalPathConfig config;
    config.sample_rate_hz = host_rate;
    config.channels = 2;
    config.maximum_block_frames = 256;
    config.mid = mid;
    config.wants_midi = config.wants_transport = true;
    // The last is a macro over both others, by a line and by powers.
    config.parameters = {{0, 10, 1, 5.0, 1, false, {}},
                         {20, 20000, 1000, 5.0, 1000, true, {}},
                         {1, 100, 10, 0, 10, true, {{0, 0, 10, false}, {1, 100, 8000, true}}}};
    auto path = stream::SignalPath::Make(model_, config);
    REQUIRE(path.ok());
    Trap::Reset();
    worker_ =
        std::make_unique<stream::StreamWorker>(std::move(pair_.runner), *std::move(path), 3, 0);
    worker_->Start();
  }
  ~TrappedWorker() { Finish(); }

  void Send(Order order = Order::kWork, std::uint32_t flags = 0, std::uint32_t frames = 256) {
    order_.store(order);
    const ipc::ParameterEvent events[] = {
        {frames / 2, 0, static_cast<float>(sequence_ % 9), 0},
        {frames / 2, 2, static_cast<float>(1 + sequence_ * 13 % 100), 0}};
    ipc::InputView view;
    view.block.sequence = sequence_++;
    view.block.frames = frames;
    view.block.flags = flags;
    view.audio = in_.From();
    view.parameter_events = events;
    const ipc::MidiEvent notes[] = {{0, 3, {0x90, 60, 100, 0, 0, 0, 0, 0}},
                                    {frames - 1, 3, {0x80, 60, 0, 0, 0, 0, 0, 0}}};
    view.midi_events = notes;
    // Loops every few blocks.
    view.block.transport = {static_cast<double>(sequence_ % 5),
                            0,
                            120,
                            ipc::kTransportKnown | ipc::kTransportPlaying,
                            4,
                            4};
    if (resting_) {
      view.parameter_events = {};
      view.midi_events = {};
      view.block.transport = {};
    }
    view.block.sent_ns = ipc::MonotonicNs();
    Write(view);
  }
  void SendInvalid() {
    ipc::InputView view;
    view.block.sequence = ~std::uint64_t{0};
    view.block.frames = 256;
    view.audio = in_.From();
    ++sequence_;
    Write(view);
  }
  // Waits until the worker has published the figures of all that was sent.
  void Await() {
    const auto seen = [this] {
      const ipc::Statistics figures = worker_->statistics();
      return figures.blocks + figures.violations;
    };
    while (seen() < sequence_) std::this_thread::yield();
  }
  void TakeResults() {
    ipc::OutputBlock block;
    while (output_.ReadUntrusted(&block, out_.From()) != ipc::ReadResult::kEmpty) {
      at_rest_ = (block.flags & ipc::kOutputAtRest) != 0;
    }
  }
  // Ends the section with a block that the model surely sees.
  void Finish() {
    while (!left_.load()) {
      TakeResults();
      Send(Order::kLeave);
      Await();
    }
  }
  [[nodiscard]] std::uint64_t calls_in_section() const { return calls_in_section_.load(); }
  [[nodiscard]] stream::StreamWorker& worker() { return *worker_; }
  Rows& in() { return in_; }
  // Nothing but silence from now on; true once the worker has said that it is at rest.
  void Rest() { resting_ = true; }
  [[nodiscard]] bool at_rest() const { return at_rest_; }

 private:
  void Write(const ipc::InputView& view) {
    while (!input_.TryWrite(view)) std::this_thread::yield();
    ipc::Notify(client_->input_signal());
  }
  ProcessError Work(const ProbeCall& call) {
    const Order order = order_.load();
    if (order == Order::kLeave) {
      AudioSection::Leave();
      left_.store(true);
      return ProcessError::kNone;
    }
    if (AudioSection::IsActive()) calls_in_section_.fetch_add(1);
    AudioSection::Enter();
    if (order == Order::kAllocate) AllocateAndFree();
    if (order == Order::kFail) return ProcessError::kFailed;
    const ProcessError done = ProbeModel::Gain(call);
    if (order == Order::kNotFinite) call.out[0][0] = std::numeric_limits<float>::quiet_NaN();
    return done;
  }

  std::atomic<Order> order_{Order::kWork};
  std::atomic<bool> left_{false};
  std::atomic<std::uint64_t> calls_in_section_{0};
  ProbeModel model_;
  SegmentPair pair_;
  std::unique_ptr<ipc::Segment> client_;
  ipc::InputProducer input_;
  ipc::OutputConsumer output_;
  Rows in_, out_;
  std::unique_ptr<stream::StreamWorker> worker_;
  std::uint64_t sequence_ = 0;
  bool resting_ = false;
  bool at_rest_ = false;
};

TEST_CASE("StreamWorker: the trap fires on its thread") {
  TrappedWorker it(48000, 48000);
  it.Send();
  it.Await();
  it.Send(Order::kAllocate);
  it.Await();
  it.Finish();
  CHECK(Trap::Count(Trapped::kAllocate) >= 1);
}

TEST_CASE("StreamWorker: from wake-up to publication nothing is trapped, at every rate") {
  const std::uint32_t host_rate = GENERATE(44100U, 48000U, 88200U, 192000U);
  const std::uint32_t model_rate = GENERATE(44100U, 48000U);
  TrappedWorker it(host_rate, model_rate);
  for (std::uint32_t i = 0; i < 200; ++i) {
    it.Send(Order::kWork, 0, 1 + i * 37 % 256);
    it.Await();  // so that it goes to sleep and is woken
    it.TakeResults();
  }
  it.Finish();
  CHECK(Trap::Report() == "");
  CHECK(it.calls_in_section() > 100);
}

TEST_CASE("StreamWorker: predicting, as a mean, and on the way to rest nothing is trapped") {
  const std::uint32_t host_rate = GENERATE(48000U, 44100U);
  TrappedWorker it(host_rate, 48000, true);
  stream::WakePlan plan;
  plan.predict = true;
  it.worker().Follow(plan);
  std::uint64_t due_ns = ipc::MonotonicNs();
  for (std::uint32_t i = 0; i < 200; ++i) {
    due_ns += 5'333'333 * (i % 50 == 49 ? 4 : 1);
    while (ipc::MonotonicNs() < due_ns) std::this_thread::yield();
    it.Send();
    it.Await();
    it.TakeResults();
  }
  it.Rest();
  for (std::uint32_t i = 0; i < 400 && !it.at_rest(); ++i) {
    it.Send();
    it.Await();
    it.TakeResults();
  }
  CHECK(it.at_rest());
  it.Send();
  it.Finish();
  CHECK(Trap::Report() == "");
  CHECK(it.calls_in_section() > 100);
}

TEST_CASE("StreamWorker: violations, failures, resets and orders from outside trap nothing") {
  const std::uint32_t host_rate = GENERATE(48000U, 88200U);
  TrappedWorker it(host_rate, 48000);
  for (std::uint32_t i = 0; i < 50; ++i) {
    it.in()[1][i] = i % 2 == 0 ? std::numeric_limits<float>::infinity() : 0.5F;
    it.worker().SetParameter(0, static_cast<float>(i % 5));
    it.worker().SetParameter(2, static_cast<float>(1 + i));
    it.Send(i % 3 == 0   ? Order::kFail
            : i % 3 == 1 ? Order::kNotFinite
                         : Order::kWork,
            i % 4 == 0 ? ipc::kBlockReset : ipc::kBlockOffline);
    it.Await();
    it.SendInvalid();
    it.worker().Housekeep();
    it.Await();
  }
  it.Finish();
  CHECK(it.worker().statistics().violations == 50);
  CHECK(it.worker().statistics().dropped_results > 0);
  CHECK(Trap::Report() == "");
}

}  // namespace
}  // namespace continuo::test
