// SPDX-License-Identifier: Apache-2.0
// A client that writes anything into its segment, against the real daemon and runner:
// each bad value is refused and counted, its neighbours do not notice, and a good
// stream still opens.
#include <signal.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "shared/client/stream.h"
#include "shared/ipc/block_ring.h"
#include "shared/ipc/segment.h"
#include "shared/ipc/wakeup.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_stream.h"

namespace continuo::test {
namespace {

constexpr std::uint32_t kFrames = 64;
constexpr std::uint32_t kParameters = 5;  // of fake-gain

// A stream whose segment the test writes by hand.
class RawStream {
 public:
  explicit RawStream(const DaemonProcess& daemon) : attached_(daemon.channel()) {
    const v1::StreamEvent event = attached_.Next();
    REQUIRE(event.has_segment());
    REQUIRE(ipc::Segment::Open(event.segment().name(), &segment_) == ipc::SegmentError::kNone);
    attached_.Confirm(event.segment().generation());
  }

  // A valid block in the next slot, spoiled by `spoil`, and published.
  void Send(
      const std::function<void(ipc::InputBlock*, ipc::ParameterEvent*, ipc::MidiEvent*)>& spoil) {
    std::byte* slot = segment_->InputSlot(write_);
    ipc::InputBlock block{};
    block.sequence = write_;
    block.position = std::uint64_t{write_} * kFrames;
    block.frames = kFrames;
    auto* parameters = reinterpret_cast<ipc::ParameterEvent*>(slot + sizeof(block));
    auto* midi = reinterpret_cast<ipc::MidiEvent*>(
        slot + sizeof(block) + ipc::kMaxParameterEvents * sizeof(ipc::ParameterEvent));
    spoil(&block, parameters, midi);
    std::memcpy(slot, &block, sizeof(block));
    segment_->client().input_write.store(++write_);
    ipc::Notify(segment_->input_signal());
  }

  std::uint64_t Violations() {
    v1::GetStatisticsRequest request;
    request.set_stream_id(attached_.id());
    v1::GetStatisticsResponse response;
    const grpc::Status status =
        Call(&v1::StreamService::Stub::GetStatistics, attached_.stub(), request, &response);
    INFO(status.error_message());
    REQUIRE(status.ok());
    return response.violations();
  }

  AttachedStream& attached() { return attached_; }
  ipc::Segment& segment() { return *segment_; }

 private:
  AttachedStream attached_;
  std::unique_ptr<ipc::Segment> segment_;
  std::uint32_t write_ = 0;
};

// A well-behaved stream of another client; in offline mode, so that no deadline
// of this machine decides.
class Neighbour {
 public:
  explicit Neighbour(const DaemonProcess& daemon) : stream_(Config(daemon)) {
    REQUIRE(stream_.WaitUntilSettled(20));
    Check();
  }

  void Check() {
    std::vector<float> left(kFrames), right(kFrames);
    for (std::uint32_t i = 0; i < kFrames; ++i) left[i] = std::sin(0.1F * static_cast<float>(i));
    right = left;
    const std::vector<float> expected = left;
    float* rows[] = {left.data(), right.data()};
    client::BlockContext context;
    context.offline = true;
    stream_.Process(rows, rows, kFrames, context);
    for (std::uint32_t i = 0; i < kFrames; ++i) CHECK(left[i] == 0.5F * expected[i]);
    CHECK(stream_.snapshot().missed == 0);
  }

 private:
  static client::StreamConfig Config(const DaemonProcess& daemon) {
    client::StreamConfig config;
    config.model_id = "fake-gain";
    config.maximum_block_frames = 256;
    config.parameters = {{"gain", 0.5F}};
    config.socket_path = daemon.socket_path();
    config.autostart = false;
    return config;
  }

  client::Stream stream_;
};

struct Hostility {
  std::string what;
  std::function<void(ipc::InputBlock*, ipc::ParameterEvent*, ipc::MidiEvent*)> spoil;
};

std::vector<Hostility> BlockHostilities() {
  constexpr auto kMax32 = std::numeric_limits<std::uint32_t>::max();
  constexpr auto kMax64 = std::numeric_limits<std::uint64_t>::max();
  const auto parameter_event = [](ipc::ParameterEvent event) {
    return [event](ipc::InputBlock* block, ipc::ParameterEvent* parameters, ipc::MidiEvent*) {
      block->parameter_event_count = 1;
      parameters[0] = event;
    };
  };
  const auto midi_event = [](std::uint32_t frame, std::uint32_t size) {
    return [frame, size](ipc::InputBlock* block, ipc::ParameterEvent*, ipc::MidiEvent* midi) {
      block->midi_event_count = 1;
      midi[0] = {frame, size, {}};
    };
  };
  return {
      {"frames 0", [](auto* block, auto*, auto*) { block->frames = 0; }},
      {"frames above the maximum", [](auto* block, auto*, auto*) { block->frames = 257; }},
      {"frames 2^32-1", [](auto* block, auto*, auto*) { block->frames = kMax32; }},
      {"sequence skipped", [](auto* block, auto*, auto*) { ++block->sequence; }},
      {"sequence 2^64-1", [](auto* block, auto*, auto*) { block->sequence = kMax64; }},
      {"257 parameter events",
       [](auto* block, auto*, auto*) { block->parameter_event_count = 257; }},
      {"2^32-1 parameter events",
       [](auto* block, auto*, auto*) { block->parameter_event_count = kMax32; }},
      {"257 MIDI events", [](auto* block, auto*, auto*) { block->midi_event_count = 257; }},
      {"2^32-1 MIDI events", [](auto* block, auto*, auto*) { block->midi_event_count = kMax32; }},
      {"parameter event behind the block", parameter_event({kFrames, 0, 1.0F, 0})},
      {"parameter index one too high", parameter_event({0, kParameters, 1.0F, 0})},
      {"parameter index 2^32-1", parameter_event({0, kMax32, 1.0F, 0})},
      {"parameter value NaN", parameter_event({0, 0, std::numeric_limits<float>::quiet_NaN(), 0})},
      {"parameter value infinite",
       parameter_event({0, 0, std::numeric_limits<float>::infinity(), 0})},
      {"MIDI event behind the block", midi_event(kFrames, 3)},
      {"MIDI event of 0 bytes", midi_event(0, 0)},
      {"MIDI event of 9 bytes", midi_event(0, 9)},
  };
}

}  // namespace

TEST_CASE("client: a process that plays gets no handler of SIGBUS") {
  struct sigaction handlers[2] = {};
  ::sigaction(SIGBUS, nullptr, &handlers[0]);
  DaemonProcess daemon;
  const Neighbour neighbour(daemon);
  ::sigaction(SIGBUS, nullptr, &handlers[1]);
  CHECK(handlers[1].sa_handler == handlers[0].sa_handler);
}

TEST_CASE("hostile client: each bad block is counted, and nobody else notices") {
  DaemonProcess daemon;
  Neighbour neighbour(daemon);
  std::uint64_t expected = 0;
  RawStream hostile(daemon);
  for (const Hostility& hostility : BlockHostilities()) {
    INFO(hostility.what);
    hostile.Send(hostility.spoil);
    ++expected;
    CHECK(Eventually([&] { return hostile.Violations() == expected; }));
    neighbour.Check();
  }
  // A good block after all that is taken.
  hostile.Send([](auto*, auto*, auto*) {});
  CHECK(Eventually([&] { return hostile.segment().runner().output_write.load() == 1; }));
  CHECK(hostile.Violations() == expected);
  Neighbour another(daemon);
}

TEST_CASE("hostile client: an index beyond the ring is counted and not followed") {
  DaemonProcess daemon;
  Neighbour neighbour(daemon);
  const std::uint32_t index =
      GENERATE(std::uint32_t{17}, std::uint32_t{1000}, std::uint32_t{1} << 31,
               std::numeric_limits<std::uint32_t>::max());
  RawStream hostile(daemon);
  hostile.segment().client().input_write.store(index);
  ipc::Notify(hostile.segment().input_signal());
  CHECK(Eventually([&] { return hostile.Violations() >= 1; }));
  CHECK(hostile.segment().runner().output_write.load() == 0);
  neighbour.Check();
  Neighbour another(daemon);
}

TEST_CASE("hostile client: one that never stops loses its stream, and only that") {
  DaemonProcess daemon;
  Neighbour neighbour(daemon);
  RawStream hostile(daemon);
  hostile.segment().client().input_write.store(1U << 20);
  // Each notification is one more look at the same bad index.
  std::atomic<bool> done{false};
  std::thread storm([&] {
    while (!done.load()) ipc::Notify(hostile.segment().input_signal());
  });
  const v1::StreamEvent event = hostile.attached().Next();
  done.store(true);
  storm.join();
  INFO(event.DebugString());
  CHECK(event.has_failed());
  CHECK(event.failed().reason().find("nothing valid") != std::string::npos);
  neighbour.Check();
  Neighbour another(daemon);
}

TEST_CASE("hostile client: garbage all over the segment ends nobody else's sound") {
  DaemonProcess daemon;
  Neighbour neighbour(daemon);
  const std::vector<pid_t> runners = daemon.runners();
  {
    RawStream hostile(daemon);
    auto* bytes = reinterpret_cast<volatile unsigned char*>(&hostile.segment().header());
    const std::uint64_t size = ipc::TotalBytes(hostile.segment().geometry());
    std::uint32_t random = 12345;
    for (int round = 0; round < 20; ++round) {
      for (std::uint64_t i = 0; i < size; ++i) {
        random = random * 1664525U + 1013904223U;
        bytes[i] = static_cast<unsigned char>(random >> 24);
      }
      ipc::Notify(hostile.segment().input_signal());
      neighbour.Check();
    }
  }
  neighbour.Check();
  CHECK(daemon.runners() == runners);
  Neighbour another(daemon);
}

}  // namespace continuo::test
