// SPDX-License-Identifier: Apache-2.0
// SPDX licence expressions (SPDX specification 2.3, annex D): whether a text is one, and what one
// may do under it.
// Threads: [any-thread]; a pure function.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string_view>

#include "continuo/v1/model_service.pb.h"

namespace continuo::model {

inline constexpr std::size_t kMaxLicenseBytes = 128;

// Form alone: identifiers are not looked up. INVALID_ARGUMENT says where it goes wrong:
//   "MIT", "CC-BY-4.0 OR (GPL-2.0+ WITH Classpath-exception-2.0)", "LicenseRef-unknown"
[[nodiscard]] absl::Status CheckLicenseExpression(std::string_view text);

// What the licences that we know by name say; of OR the kinder side counts, of AND both sides'
// duties; an exception (WITH) changes nothing. What we do not know is PERMISSION_UNSPECIFIED.
// This is no legal advice: read the licence. Errors as above.
[[nodiscard]] absl::StatusOr<v1::LicenseTerms> LicenseTermsOf(std::string_view text);

// FAILED_PRECONDITION unless commercial use is known to be allowed.
[[nodiscard]] absl::Status CheckCommercialUse(const v1::ModelManifest& manifest);

}  // namespace continuo::model
