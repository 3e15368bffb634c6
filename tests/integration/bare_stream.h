// SPDX-License-Identifier: Apache-2.0
// A stream whose client is the test itself: mono blocks, written and read one by one.
#pragma once

#include <fcntl.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/unique_fd.h"
#include "shared/ipc/block_ring.h"
#include "shared/ipc/segment.h"
#include "shared/ipc/wakeup.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/daemon_status.h"
#include "tests/integration/daemon_stream.h"

namespace continuo::test {

struct BareStream {
  static constexpr std::uint32_t kFrames = 256;

  static v1::OpenStreamRequest Request(v1::StreamMode mode) {
    v1::OpenStreamRequest request = GoodStream();
    request.set_channels(1);
    request.set_mode(mode);
    return request;
  }

  explicit BareStream(const DaemonProcess& daemon, v1::StreamMode mode = v1::STREAM_MODE_PIPELINED)
      : attached(daemon.channel(), Request(mode)) {
    REQUIRE(attached.status().error_message() == "");
    const v1::SegmentOffered offer = attached.Next().segment();
    REQUIRE(ipc::Segment::Open(offer.name(), &segment) == ipc::SegmentError::kNone);
    object = base::UniqueFd(::open(("/dev/shm/" + offer.name()).c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(object.valid());
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
  base::UniqueFd object;  // any client can keep one
  std::unique_ptr<ipc::InputProducer> input;
  std::unique_ptr<ipc::OutputConsumer> output;
  std::vector<float> audio = std::vector<float>(kFrames);
  std::uint64_t sequence = 0;
  std::int32_t runner = 0;
};

inline v1::StreamStatus StatusOf(const DaemonProcess& daemon, const BareStream& bare) {
  const v1::GetStatusResponse status = StatusOf(daemon);
  for (const v1::StreamStatus& stream : status.streams()) {
    if (stream.stream_id() == bare.attached.id()) return stream;
  }
  return {};
}

}  // namespace continuo::test
