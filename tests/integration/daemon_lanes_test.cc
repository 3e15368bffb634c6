// SPDX-License-Identifier: Apache-2.0
// Pipelined streams that share a thread of a real runner: who is in a lane, and who gets out.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "shared/ipc/block_ring.h"
#include "shared/ipc/segment.h"
#include "shared/ipc/wakeup.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_status.h"
#include "tests/integration/daemon_stream.h"

namespace continuo::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kFrames = 256;

v1::OpenStreamRequest Request(v1::StreamMode mode) {
  v1::OpenStreamRequest request = GoodStream();
  request.set_channels(1);
  request.set_mode(mode);
  return request;
}

// A stream and its client's end.
struct Member {
  explicit Member(const DaemonProcess& daemon, v1::StreamMode mode = v1::STREAM_MODE_PIPELINED)
      : attached(daemon.channel(), Request(mode)) {
    REQUIRE(attached.status().error_message() == "");
    const v1::SegmentOffered offer = attached.Next().segment();
    REQUIRE(ipc::Segment::Open(offer.name(), &segment) == ipc::SegmentError::kNone);
    attached.Confirm(offer.generation());
    runner = offer.runner_pid();
    input = std::make_unique<ipc::InputProducer>(*segment);
    output = std::make_unique<ipc::OutputConsumer>(*segment);
  }
  void Send() {
    const float* const rows[] = {audio.data()};
    ipc::InputView view;
    view.block.sequence = sequence++;
    view.block.frames = kFrames;
    view.audio = rows;
    REQUIRE(input->TryWrite(view));
    ipc::Notify(segment->input_signal());
  }
  bool Answered() {
    float* const rows[] = {audio.data()};
    ipc::OutputBlock block;
    return output->ReadUntrusted(&block, rows) == ipc::ReadResult::kRead;
  }
  std::string Scheduling() {
    v1::GetStatisticsRequest request;
    request.set_stream_id(attached.id());
    v1::GetStatisticsResponse response;
    REQUIRE(
        Call(&v1::StreamService::Stub::GetStatistics, attached.stub(), request, &response).ok());
    return response.scheduling();
  }
  bool Says(const std::string& words) { return Scheduling().find(words) != std::string::npos; }
  void Set(const std::string& id, float value) {
    v1::SetParametersRequest request;
    request.set_stream_id(attached.id());
    (*request.mutable_values())[id] = value;
    v1::SetParametersResponse response;
    REQUIRE(
        Call(&v1::StreamService::Stub::SetParameters, attached.stub(), request, &response).ok());
  }

  AttachedStream attached;
  std::unique_ptr<ipc::Segment> segment;
  std::unique_ptr<ipc::InputProducer> input;
  std::unique_ptr<ipc::OutputConsumer> output;
  std::vector<float> audio = std::vector<float>(kFrames);
  std::uint64_t sequence = 0;
  std::int32_t runner = 0;
};

v1::StreamStatus StatusOf(const DaemonProcess& daemon, const Member& member) {
  const v1::GetStatusResponse status = StatusOf(daemon);
  for (const v1::StreamStatus& stream : status.streams()) {
    if (stream.stream_id() == member.attached.id()) return stream;
  }
  return {};
}

bool HasThread(std::int32_t process, const std::string& name) {
  std::error_code gone;
  for (const auto& task :
       fs::directory_iterator("/proc/" + std::to_string(process) + "/task", gone)) {
    std::string found;
    std::getline(std::ifstream(task.path() / "comm"), found);
    if (found == name) return true;
  }
  return false;
}

TEST_CASE("lanes: a stream leaves its lane when its client waits for it") {
  const DaemonProcess daemon;
  Member member(daemon);
  CHECK(Eventually([&] { return member.Says("one of 1 in a lane"); }));
  // As a client in mode `auto` does it when there is room.
  const auto go_to = [&](std::uint32_t pipelined_frames) {
    member.segment->client().pipelined_frames.store(pipelined_frames);
    member.segment->client().blocks.store(1);
  };
  go_to(0);
  CHECK(Eventually([&] { return StatusOf(daemon, member).mode() == v1::STREAM_MODE_DIRECT; }));
  CHECK(Eventually([&] { return !member.Says("in a lane"); }));
  member.Send();
  CHECK(Eventually([&] { return member.Answered(); }));
  go_to(kFrames);
  CHECK(Eventually([&] { return StatusOf(daemon, member).mode() == v1::STREAM_MODE_PIPELINED; }));
}

TEST_CASE("lanes: who shares one with a model that hangs plays on, while another model loads") {
  DaemonOptions options;
  options.configuration = "[stream]\nstart_timeout_s = 300\n";
  const DaemonProcess daemon(options);
  std::vector<std::unique_ptr<Member>> members;
  members.push_back(std::make_unique<Member>(daemon));
  // Until there are two on one core.
  do {
    members.push_back(std::make_unique<Member>(daemon));
  } while (StatusOf(daemon, *members.back()).core() != StatusOf(daemon, *members.front()).core());
  Member& stuck = *members.front();
  Member& other = *members.back();
  CHECK(Eventually([&] { return other.Says("one of 2 in a lane"); }));
  // Ten seconds for each of its trial blocks.
  v1::OpenStreamRequest slow = Request(v1::STREAM_MODE_OFFLINE);
  (*slow.mutable_parameters())["hang_ms"] = 10'000;
  const AttachedStream loading(daemon.channel(), slow);
  REQUIRE(Eventually([&] { return HasThread(stuck.runner, "loading"); }));
  stuck.Set("hang_ms", 8'000);
  // The parameter may come after some blocks; it comes.
  do {
    stuck.Send();
  } while (Eventually([&] { return stuck.Answered(); }, 1));
  other.Send();
  CHECK(Eventually([&] { return other.Answered(); }));
  CHECK_FALSE(stuck.Answered());
  CHECK(HasThread(stuck.runner, "loading"));
}

}  // namespace
}  // namespace continuo::test
