// SPDX-License-Identifier: Apache-2.0
// What single licences say, and how that adds up. Used by license.cc alone.
// Threads: [any-thread]; pure functions.
#pragma once

#include <string_view>

#include "continuo/v1/model_service.pb.h"

namespace continuo::model {

// Of one identifier, with or without "+".
[[nodiscard]] v1::LicenseTerms TermsOfLicense(std::string_view id);
// Of which one may choose.
[[nodiscard]] v1::LicenseTerms Kinder(const v1::LicenseTerms& a, const v1::LicenseTerms& b);
// Which both hold.
[[nodiscard]] v1::LicenseTerms Together(const v1::LicenseTerms& a, const v1::LicenseTerms& b);

}  // namespace continuo::model
