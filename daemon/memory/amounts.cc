// SPDX-License-Identifier: Apache-2.0
#include "daemon/memory/amounts.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>

#include <cmath>
#include <utility>

#include "daemon/base/bytes_in_words.h"
#include "daemon/base/str_cat.h"

namespace continuo::memory {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string Lower(std::string_view text) { return absl::AsciiStrToLower(std::string(text)); }

// "1.5 GiB" as 1.5 and "gib"; false where it does not begin with a number that is not negative.
bool Split(std::string_view text, double* number, std::string* unit) {
  text = Trimmed(text);
  const std::size_t end = text.find_first_not_of("0123456789.");
  const std::string_view digits = text.substr(0, end);
  if (digits.empty() || !absl::SimpleAtod(std::string(digits), number) || !std::isfinite(*number))
    return false;
  *unit = end == std::string_view::npos ? "" : Lower(Trimmed(text.substr(end)));
  return true;
}

absl::Status Wrong(std::string_view text, std::string_view takes) {
  return absl::InvalidArgumentError(base::StrCat("'", text.substr(0, 64), "' is not ", takes));
}

}  // namespace

absl::StatusOr<std::uint64_t> ParseBudget(std::string_view text, std::uint64_t whole_bytes) {
  double number = 0;
  std::string unit;
  if (!Split(text, &number, &unit)) return Wrong(text, kBudgetTakes);
  double bytes = -1;
  for (const auto& [name, factor] : {std::pair<std::string_view, double>{"mib", 0x1p20},
                                     {"gib", 0x1p30},
                                     {"mb", 1e6},
                                     {"gb", 1e9},
                                     {"%", static_cast<double>(whole_bytes) / 100}}) {
    if (unit == name) bytes = number * factor;
  }
  if (bytes < 0) return Wrong(text, kBudgetTakes);
  if (bytes < static_cast<double>(kLeastBudget)) {
    return absl::InvalidArgumentError(
        base::StrCat("'", text, "' is less than ", base::BytesInWords(kLeastBudget)));
  }
  return bytes >= static_cast<double>(whole_bytes) ? whole_bytes
                                                   : static_cast<std::uint64_t>(bytes);
}

absl::StatusOr<double> ParseDuration(std::string_view text) {
  if (Lower(Trimmed(text)) == "forever") return kForever;
  double number = 0;
  std::string unit;
  if (!Split(text, &number, &unit)) return Wrong(text, kDurationTakes);
  double seconds = -1;
  for (const auto& [name, factor] : {std::pair<std::string_view, double>{"", 1},
                                     {"s", 1},
                                     {"min", 60},
                                     {"m", 60},
                                     {"h", 3600}}) {
    if (unit == name) seconds = number * factor;
  }
  if (seconds < 0 || seconds > kLongestKeepAlive) return Wrong(text, kDurationTakes);
  return seconds;
}

}  // namespace continuo::memory
