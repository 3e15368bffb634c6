// SPDX-License-Identifier: Apache-2.0
// An amount of memory or of a file, for people.
#pragma once

#include <cstdint>
#include <string>

namespace continuo::base {

// In powers of 1024, as budgets are set: "512 bytes", "1.4 MiB", "24 GiB".
[[nodiscard]] std::string BytesInWords(std::uint64_t bytes);

}  // namespace continuo::base
