// SPDX-License-Identifier: Apache-2.0
// A NAM WaveNet that may be played with fewer channels than it has ("slimmable"): the first rows
// and columns of its matrices are a network, too.
//
// Source: NAM 0.7, method "slice_channels_uniform", as its player cuts: of a gated layer the first
// rows of both parts taken together.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <vector>

#include "daemon/executor/fused/nam_file.h"

namespace continuo::executor::fused {

// Played while the quality, 0 to 1, is below `maximum`.
struct SlimSize {
  double maximum = 1;
  std::vector<std::uint32_t> channels;  // of each array
};

// Of more than that many sizes these are chosen evenly, the whole always.
inline constexpr std::size_t kMaximumSlimSizes = 8;

// From the smallest to the whole; none where the file is no such WaveNet, or what it has cannot be
// cut (a head of several taps, groups, heads after all arrays): it is played whole then.
// INVALID_ARGUMENT names the field.
[[nodiscard]] absl::StatusOr<std::vector<SlimSize>> SlimSizesOf(const NamFile& file);

// The network of that size, as a file. INVALID_ARGUMENT where the weights are not as many as the
// shape has.
[[nodiscard]] absl::StatusOr<NamFile> Slimmed(const NamFile& file, const SlimSize& size);

}  // namespace continuo::executor::fused
