// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/limits.h"

#include <algorithm>

#include "daemon/base/str_cat.h"

namespace continuo::service {

absl::Status CheckText(const char* field, const std::string& value, std::size_t maximum_bytes) {
  if (value.size() > maximum_bytes) {
    return absl::InvalidArgumentError(
        base::StrCat(field, " has ", value.size(), " bytes, the limit is ", maximum_bytes));
  }
  const auto control = std::find_if(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (control == value.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      base::StrCat(field, " has a control character at byte ", control - value.begin()));
}

absl::Status CheckId(const char* field, const std::string& value) {
  if (value.empty()) return absl::InvalidArgumentError(base::StrCat(field, " is empty"));
  return CheckText(field, value, kMaxIdBytes);
}

}  // namespace continuo::service
