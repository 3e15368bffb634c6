// SPDX-License-Identifier: Apache-2.0
// A client stream that is connected, or a Failure that says why it is not.
#pragma once

#include <memory>
#include <string>

#include "shared/client/stream.h"

namespace continuo::ctl {

// For --channel-mode, whose words are checked before.
[[nodiscard]] client::ChannelMode ChannelModeOf(const std::string& word);
inline constexpr const char* kChannelModeHelp = "each or mid: a mono model in several channels";

// Waits, with a Progress, until the model is loaded and sound can flow. The daemon
// is known to answer: what fails now is the model or the stream.
[[nodiscard]] std::unique_ptr<client::Stream> OpenStream(const client::StreamConfig& config);

}  // namespace continuo::ctl
