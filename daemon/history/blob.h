// SPDX-License-Identifier: Apache-2.0
// Bytes under the name of their content: SHA-256 of what they are, zstd of how they lie.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace continuo::history {

// What one input or candidate may have; that of a gRPC message.
inline constexpr std::size_t kMaxBlobBytes = std::size_t{4} << 20;

struct Blob {
  std::string sha256;  // 64 lower-case hexadecimal digits, of the plain bytes
  std::size_t bytes = 0;
  std::string packed;
};

// INVALID_ARGUMENT above kMaxBlobBytes.
[[nodiscard]] absl::StatusOr<Blob> Pack(std::string_view plain);
// DATA_LOSS where the packed bytes do not unpack to exactly what their name says.
[[nodiscard]] absl::StatusOr<std::string> Unpack(const Blob& blob);

}  // namespace continuo::history
