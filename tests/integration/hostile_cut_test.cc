// SPDX-License-Identifier: Apache-2.0
// A client that cuts its shared memory short, against the real daemon and runner: its stream ends
// and says why; the one beside it gets every block from the same process.
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/bare_stream.h"

namespace continuo::test {
namespace {

// One block after the other, each with a sound of its own.
void Play(BareStream* stream, int blocks) {
  for (int i = 0; i < blocks; ++i) {
    const auto sound = static_cast<float>(stream->sequence + 1);
    std::fill(stream->audio.begin(), stream->audio.end(), sound);
    stream->Send();
    std::fill(stream->audio.begin(), stream->audio.end(), 0.0F);
    REQUIRE(Eventually([&] { return stream->Answered(); }));
    REQUIRE(std::count(stream->audio.begin(), stream->audio.end(), sound) == BareStream::kFrames);
  }
}

// Who cuts must not touch what is no more.
void Cut(BareStream* stream, std::uint64_t bytes) {
  REQUIRE(::ftruncate(stream->object.get(), static_cast<off_t>(bytes)) == 0);
}

void CutWhileItSleeps(BareStream* stream) { Cut(stream, 0); }

void CutToHalf(BareStream* stream) {
  Cut(stream, ipc::TotalBytes(stream->segment->geometry()) / 2);
  // Up to a block that is beyond; the indices are before.
  stream->segment->client().input_write.store(ipc::kSlots);
  ipc::Notify(stream->segment->input_signal());
}

void CutWhileItPlays(BareStream* stream) {
  Play(stream, 3);
  stream->Set("hang_ms", 2);
  for (std::uint32_t i = 0; i < ipc::kSlots; ++i) stream->Send();
  REQUIRE(Eventually([&] { return stream->Answered(); }));
  Cut(stream, 0);
}

// In both modes all streams are in one process, and in pipelined mode on one thread.
struct Neighbours {
  explicit Neighbours(v1::StreamMode mode) : good(daemon, mode) {
    do {
      others.push_back(std::make_unique<BareStream>(daemon, mode));
      REQUIRE(others.back()->runner == good.runner);
    } while (mode == v1::STREAM_MODE_PIPELINED &&
             StatusOf(daemon, *others.back()).core() != StatusOf(daemon, good).core());
    if (mode == v1::STREAM_MODE_PIPELINED) {
      REQUIRE(Eventually([&] { return good.Says("one of 2 in a lane"); }));
      REQUIRE(Eventually([&] { return hostile().Says("one of 2 in a lane"); }));
    }
  }
  BareStream& hostile() { return *others.back(); }

  const DaemonProcess daemon;
  BareStream good;
  std::vector<std::unique_ptr<BareStream>> others;
};

TEST_CASE("hostile client: one that cuts its shared memory short ends its own stream alone") {
  const auto mode = GENERATE(v1::STREAM_MODE_DIRECT, v1::STREAM_MODE_PIPELINED);
  const auto cut = GENERATE(&CutWhileItSleeps, &CutToHalf, &CutWhileItPlays);
  Neighbours streams(mode);
  Play(&streams.good, 20);
  cut(&streams.hostile());
  Play(&streams.good, 200);
  v1::StreamEvent event;
  do {
    event = streams.hostile().attached.Next();
  } while (event.has_parameter_changed());
  INFO(event.DebugString());
  REQUIRE(event.has_failed());
  CHECK(event.failed().reason().find("cut its shared memory short") != std::string::npos);
  Play(&streams.good, 20);
  CHECK(streams.daemon.runners() == std::vector<pid_t>{streams.good.runner});
  BareStream late(streams.daemon, mode);
  CHECK(late.runner == streams.good.runner);
  Play(&late, 20);
  CHECK(streams.daemon.runners() == std::vector<pid_t>{streams.good.runner});
}

}  // namespace
}  // namespace continuo::test
