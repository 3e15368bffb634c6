// SPDX-License-Identifier: Apache-2.0
// What every Decoder refuses (decoder.h), in the same words.
#pragma once

#include <absl/status/status.h>
#include <absl/types/span.h>

#include <cstdint>

#include "daemon/executor/decoder.h"

namespace continuo::executor {

[[nodiscard]] absl::Status CheckGrid(const DecoderShape& shape, absl::Span<const std::int32_t> grid,
                                     std::uint32_t steps);
// All but whose the sequences are.
[[nodiscard]] absl::Status CheckCells(const DecoderShape& shape, absl::Span<const Cell> cells);
// That the sequence of cell `index` is of another decoder, or none.
[[nodiscard]] absl::Status ForeignSequence(std::size_t index);

}  // namespace continuo::executor
