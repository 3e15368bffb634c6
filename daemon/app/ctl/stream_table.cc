// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/stream_table.h"

#include <spdlog/fmt/fmt.h>

#include "daemon/app/ctl/text.h"

namespace continuo::ctl {

void PrintStreams(const v1::GetStatusResponse& status) {
  if (status.streams().empty()) {
    fmt::print("no stream is open\n");
    return;
  }
  Table table(
      {"STREAM", "MODEL", "VARIANT", "STATE", "RATE", "CHANNELS", "BLOCK", "RUNNER", "CLIENT"});
  for (const v1::StreamStatus& stream : status.streams()) {
    table.Add({std::to_string(stream.stream_id()), stream.model_id() + " " + stream.model_version(),
               stream.variant(), stream.state(), fmt::format("{} Hz", stream.sample_rate_hz()),
               std::to_string(stream.channels()), std::to_string(stream.maximum_block_frames()),
               std::to_string(stream.runner_pid()), stream.client_name()});
  }
  table.Print();
}

}  // namespace continuo::ctl
