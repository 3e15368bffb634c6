// SPDX-License-Identifier: Apache-2.0
// Whether the numbers of a request are within their bounds: INVALID_ARGUMENT names field, value and
// limits.
#pragma once

#include <absl/status/status.h>

#include <cstdint>

#include "daemon/base/str_cat.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::supervisor {

[[nodiscard]] inline absl::Status CheckRange(const char* field, std::uint32_t value,
                                             std::uint32_t minimum, std::uint32_t maximum) {
  if (value >= minimum && value <= maximum) return absl::OkStatus();
  return absl::InvalidArgumentError(
      base::StrCat(field, " is ", value, ", outside ", minimum, " to ", maximum));
}

// Of a client's sound.
[[nodiscard]] inline absl::Status CheckFormat(std::uint32_t sample_rate_hz, std::uint32_t channels,
                                              std::uint32_t maximum_block_frames) {
  absl::Status status =
      CheckRange("sample_rate_hz", sample_rate_hz, ipc::kMinSampleRateHz, ipc::kMaxSampleRateHz);
  status.Update(CheckRange("channels", channels, 1, ipc::kMaxChannels));
  status.Update(CheckRange("maximum_block_frames", maximum_block_frames, 1, ipc::kMaxBlockFrames));
  return status;
}

}  // namespace continuo::supervisor
