// SPDX-License-Identifier: Apache-2.0
// Why a stream runs in its mode, in words for people.
#pragma once

#include <cstdint>
#include <string>

#include "shared/client/mode_governor.h"
#include "shared/client/stream.h"

namespace continuo::client {

// "direct: costs 0.2 ms of 5.8".
[[nodiscard]] std::string DescribeCost(Mode mode, double block_cost_us, double period_us);

// "direct: needs 0.20 of a core, 0.80 is left", of what the daemon has said.
[[nodiscard]] std::string DescribeAdmission(Mode mode, std::string admission);

// `admitted`: what was said when the stream began.
[[nodiscard]] std::string DescribeMode(Mode mode, ModeReason reason, std::uint32_t figure,
                                       const std::string& admitted);

}  // namespace continuo::client
