// SPDX-License-Identifier: Apache-2.0
// Whether a text has the form of an SPDX licence expression (SPDX specification 2.3, annex D).
// Threads: [any-thread]; a pure function.
#pragma once

#include <absl/status/status.h>

#include <string_view>

namespace continuo::model {

inline constexpr std::size_t kMaxLicenseBytes = 128;

// Form alone: identifiers are not looked up. INVALID_ARGUMENT says where it goes wrong:
//   "MIT", "CC-BY-4.0 OR (GPL-2.0+ WITH Classpath-exception-2.0)", "LicenseRef-unknown"
[[nodiscard]] absl::Status CheckLicenseExpression(std::string_view text);

}  // namespace continuo::model
