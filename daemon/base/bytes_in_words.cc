// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/bytes_in_words.h"

#include <absl/strings/str_format.h>

#include <iterator>

namespace continuo::base {

std::string BytesInWords(std::uint64_t bytes) {
  if (bytes < 1024) return absl::StrFormat("%u bytes", bytes);
  static constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double amount = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // What would be rounded to 1024 is one of the next.
  for (; amount >= 1023.5 && unit + 1 < std::size(kUnits); ++unit) amount /= 1024;
  return amount < 9.95 ? absl::StrFormat("%.1f %s", amount, kUnits[unit])
                       : absl::StrFormat("%.0f %s", amount, kUnits[unit]);
}

}  // namespace continuo::base
