// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "daemon/supervisor/segment_names.h"
#include "daemon/supervisor/stream_meter.h"
#include "shared/ipc/segment.h"

namespace continuo::supervisor {
namespace {

// A segment as the runner and the client have it, and its name as long as it is needed.
struct Mapped {
  Mapped() {
    name = CreateSegment({7, 1, 48000, 1, 256}).value();
    REQUIRE(ipc::Segment::Open(name, &segment) == ipc::SegmentError::kNone);
  }
  ~Mapped() { ipc::Segment::Remove(name); }
  void PublishBlocks(std::uint64_t blocks, std::uint64_t ns_a_block) {
    ipc::Statistics figures;
    figures.blocks = blocks;
    figures.frames = 256 * blocks;
    figures.process_total_ns = blocks * ns_a_block;
    figures.process_max_ns = ns_a_block;
    ipc::Publish(figures, &segment->statistics());
  }
  std::string name;
  std::unique_ptr<ipc::Segment> segment;
};

TEST_CASE("StreamMeter: the figures of both sides are read without mapping") {
  Mapped mapped;
  StreamMeter meter;
  REQUIRE(meter.Follow(mapped.name).ok());
  ipc::Segment::Remove(mapped.name);  // as the daemon does when both have mapped it
  mapped.PublishBlocks(100, 40'000);
  mapped.segment->client().missed_blocks = 3;
  mapped.segment->client().blocks = 103;
  ipc::Add(mapped.segment->wait_histogram(), 50'000);
  const StreamFigures& figures = meter.Read();
  CHECK(figures.runner.blocks == 100);
  CHECK(figures.client_blocks == 103);
  CHECK(figures.missed_blocks == 3);
  CHECK(figures.wait.Count() == 1);
  CHECK(figures.wait.total_ns == 50'000);
  CHECK(figures.wake.Count() == 0);

  v1::GetStatisticsResponse response;
  FillStatistics(figures, 48000, &response);
  CHECK(response.process_mean_us() == Approx(40));
  CHECK(response.load() == Approx(40e-6 * 48000 / 256));
  CHECK(response.wait().maximum_us() == Approx(50));
  CHECK(response.mode() == v1::STREAM_MODE_DIRECT);
}

TEST_CASE("StreamMeter: what the runner before counted stays counted") {
  Mapped first, second;
  StreamMeter meter;
  REQUIRE(meter.Follow(first.name).ok());
  first.PublishBlocks(100, 40'000);
  first.segment->client().missed_blocks = 2;
  REQUIRE(meter.Follow(second.name).ok());
  second.PublishBlocks(10, 50'000);
  second.segment->client().missed_blocks = 5;  // the client goes on counting
  CHECK(meter.Read().runner.blocks == 110);
  CHECK(meter.Read().runner.process_max_ns == 50'000);
  CHECK(meter.Read().missed_blocks == 5);
}

TEST_CASE("StreamMeter: a segment that is cut short gives what was known") {
  Mapped mapped;
  StreamMeter meter;
  REQUIRE(meter.Follow(mapped.name).ok());
  mapped.PublishBlocks(100, 40'000);
  CHECK(meter.Read().runner.blocks == 100);
  const int object = ::shm_open(mapped.name.c_str(), O_RDWR, 0);
  mapped.segment.reset();
  REQUIRE(::ftruncate(object, 100) == 0);
  ::close(object);
  CHECK(meter.Read().runner.blocks == 100);
}

TEST_CASE("StreamMeter: figures that never settle are left as they were") {
  Mapped mapped;
  StreamMeter meter;
  REQUIRE(meter.Follow(mapped.name).ok());
  mapped.PublishBlocks(100, 40'000);
  CHECK(meter.Read().runner.blocks == 100);
  mapped.PublishBlocks(200, 40'000);
  mapped.segment->statistics().lock = 7;  // as a writer that has died there
  CHECK(meter.Read().runner.blocks == 100);
}

TEST_CASE("StreamMeter: how the client plays is known once it is the same twice") {
  Mapped mapped;
  StreamMeter meter;
  REQUIRE(meter.Follow(mapped.name).ok());
  std::uint64_t now_ns = 0;
  const auto sample = [&] {
    meter.Sample(now_ns += 1'000'000'000, 48000);
    return meter.direct();
  };
  // What nobody has written yet is no mode.
  CHECK(sample() == std::nullopt);
  CHECK(sample() == std::nullopt);
  mapped.segment->client().blocks = 1;
  CHECK(sample() == std::nullopt);
  CHECK(sample() == true);
  mapped.segment->client().pipelined_frames = 256;
  CHECK(sample() == std::nullopt);
  CHECK(sample() == false);
  // A segment anew.
  Mapped next;
  REQUIRE(meter.Follow(next.name).ok());
  CHECK(meter.direct() == std::nullopt);
  CHECK(sample() == std::nullopt);
}

TEST_CASE("StreamMeter: load is of the last second, cost of enough blocks") {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  Mapped mapped;
  StreamMeter meter;
  REQUIRE(meter.Follow(mapped.name).ok());
  meter.Sample(kSecond, 48000);
  CHECK(meter.load() == 0);
  CHECK(meter.frame_us() == 0);
  mapped.PublishBlocks(187, 40'000);
  meter.Sample(2 * kSecond, 48000);
  CHECK(meter.load() == Approx(187 * 40e-6));
  CHECK(meter.frame_us() == Approx(40.0 / 256));
  // Silence: no load, and the cost is what it was.
  meter.Sample(3 * kSecond, 48000);
  CHECK(meter.load() == 0);
  CHECK(meter.frame_us() == Approx(40.0 / 256));
  // Ten blocks are no measurement.
  mapped.PublishBlocks(197, 80'000);
  meter.Sample(4 * kSecond, 48000);
  CHECK(meter.frame_us() == Approx(40.0 / 256));
  // Counters that go back are a hostile hand: no time has passed there.
  mapped.PublishBlocks(1, 1);
  meter.Sample(5 * kSecond, 48000);
  CHECK(meter.load() == 0);
}

}  // namespace
}  // namespace continuo::supervisor
