// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/stream_table.h"

#include <spdlog/fmt/fmt.h>

#include "daemon/app/ctl/text.h"

namespace continuo::ctl {
namespace {

const char* ModeWord(const v1::StreamStatus& stream) {
  switch (stream.mode()) {
    case v1::STREAM_MODE_DIRECT:
      return "direct";
    case v1::STREAM_MODE_PIPELINED:
      return "pipelined";
    case v1::STREAM_MODE_OFFLINE:
      return "offline";
    default:
      return "-";
  }
}

}  // namespace

void PrintStreams(const v1::GetStatusResponse& status) {
  if (status.streams().empty()) {
    fmt::print("no stream is open\n");
    return;
  }
  Table table({"STREAM", "MODEL", "VARIANT", "STATE", "MODE", "SHARE", "CORE", "RATE", "CHANNELS",
               "BLOCK", "RUNNER", "LINK", "CLIENT"});
  for (const v1::StreamStatus& stream : status.streams()) {
    table.Add({std::to_string(stream.stream_id()), stream.model_id() + " " + stream.model_version(),
               stream.variant(), stream.state(), ModeWord(stream),
               fmt::format("{:.3f}", stream.share()),
               stream.core() < 0 ? "-" : std::to_string(stream.core()),
               fmt::format("{} Hz", stream.sample_rate_hz()), std::to_string(stream.channels()),
               std::to_string(stream.maximum_block_frames()), std::to_string(stream.runner_pid()),
               stream.link_group().empty() ? "-" : stream.link_group(), stream.client_name()});
  }
  table.Print();
  for (const v1::StreamStatus& stream : status.streams()) {
    if (stream.admission().empty()) continue;
    fmt::print("stream {}: {}\n", stream.stream_id(), stream.admission());
  }
}

}  // namespace continuo::ctl
