// SPDX-License-Identifier: Apache-2.0
// What Qt's qCompress() writes (.mmpz, .xptz): the length, four bytes big-endian, and
// a zlib stream.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

namespace continuo::midi {

inline constexpr std::size_t kMaxUncompressedBytes = std::size_t{64} << 20;

[[nodiscard]] std::string QtCompress(std::string_view text);

// INVALID_ARGUMENT where it is damaged or does not have the length that it says,
// RESOURCE_EXHAUSTED where that is more than kMaxUncompressedBytes.
[[nodiscard]] absl::StatusOr<std::string> QtUncompress(std::string_view bytes);

}  // namespace continuo::midi
