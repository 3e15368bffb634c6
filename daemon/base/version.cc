// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/version.h"

#include <charconv>

namespace continuo::base {

std::optional<SemanticVersion> ParseSemanticVersion(std::string_view text) {
  constexpr std::size_t kMaxDigits = 9;  // fits 32 bits
  SemanticVersion version;
  std::uint32_t* const parts[] = {&version.major_part, &version.minor_part, &version.patch_part};
  for (int i = 0; i < 3; ++i) {
    const std::size_t end = i < 2 ? text.find('.') : text.size();
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view digits = text.substr(0, end);
    if (digits.empty() || digits.size() > kMaxDigits || (digits.size() > 1 && digits[0] == '0')) {
      return std::nullopt;
    }
    const char* const last = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), last, *parts[i]);
    if (error != std::errc{} || stop != last) return std::nullopt;
    if (i < 2) text.remove_prefix(end + 1);
  }
  return version;
}

}  // namespace continuo::base
