// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/open_stream.h"

#include <spdlog/fmt/fmt.h>

#include <chrono>

#include "daemon/app/ctl/failure.h"
#include "daemon/app/ctl/progress.h"

namespace continuo::ctl {

client::ChannelMode ChannelModeOf(const std::string& word) {
  return word == client::ToWords(client::ChannelMode::kMid) ? client::ChannelMode::kMid
                                                            : client::ChannelMode::kEach;
}

std::unique_ptr<client::Stream> OpenStream(const client::StreamConfig& config) {
  // Longer than any model takes to load; the daemon itself gives up earlier.
  constexpr auto kPatience = std::chrono::minutes(5);
  auto stream = std::make_unique<client::Stream>(config);
  Progress progress("loading " + config.model_id);
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!stream->WaitUntilSettled(0.1)) {
    progress.Turn();
    if (std::chrono::steady_clock::now() < end) continue;
    throw Failed(fmt::format("the model '{}' is not ready after {} minutes: {}", config.model_id,
                             kPatience.count(), stream->snapshot().words));
  }
  const client::Snapshot snapshot = stream->snapshot();
  if (snapshot.connection != client::Connection::kConnected) {
    throw Refused("refused", snapshot.words);
  }
  return stream;
}

}  // namespace continuo::ctl
