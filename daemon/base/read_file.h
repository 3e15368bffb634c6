// SPDX-License-Identifier: Apache-2.0
// A whole file that should be small.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <string>

namespace continuo::base {

// NOT_FOUND and PERMISSION_DENIED as the system says; INVALID_ARGUMENT for what is
// no regular file (a FIFO would never end) or is longer than `maximum_bytes`.
[[nodiscard]] absl::StatusOr<std::string> ReadFile(const std::string& path,
                                                   std::size_t maximum_bytes);

}  // namespace continuo::base
