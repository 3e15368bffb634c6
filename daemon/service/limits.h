// SPDX-License-Identifier: Apache-2.0
// Limits of what a request may hold, checked before the domain sees it. Ranges that belong
// to a stream or a model are the domain's.
#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <string>

namespace continuo::service {

inline constexpr int kMaxMessageBytes = 4 << 20;  // of a gRPC message, each way
inline constexpr std::size_t kMaxIdBytes = 64;
inline constexpr std::size_t kMaxClientNameBytes = 128;

// INVALID_ARGUMENT names field and limit, or where a control character is (it would reach
// logs and terminals).
[[nodiscard]] absl::Status CheckText(const char* field, const std::string& value,
                                     std::size_t maximum_bytes);
// The same, and not empty.
[[nodiscard]] absl::Status CheckId(const char* field, const std::string& value);

}  // namespace continuo::service
