// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/core_hint.h"

#include <algorithm>

namespace continuo::stream {

std::uint32_t CoreHint::Count(std::uint32_t core) const noexcept {
  return static_cast<std::uint32_t>(std::count(looks_.begin(), looks_.begin() + count_, core));
}

std::uint32_t CoreHint::Look(std::uint32_t core) noexcept {
  looks_[next_] = core;
  next_ = (next_ + 1) % kLooks;
  count_ = std::min(count_ + 1, kLooks);
  if (count_ < kFirstLooks) return steady_;
  // It takes three quarters to be believed, and less than half to be given up.
  if (core != steady_ && 4 * Count(core) >= 3 * count_) {
    steady_ = core;
  } else if (steady_ != 0 && 2 * Count(steady_) < count_) {
    steady_ = 0;
  }
  return steady_;
}

}  // namespace continuo::stream
