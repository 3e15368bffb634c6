// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/restart_policy.h"

#include <algorithm>

namespace continuo::supervisor {
namespace {

using std::chrono::milliseconds;

// Before the start after the first, second, … death; the last for all that follow.
constexpr milliseconds kDelays[] = {milliseconds(0), milliseconds(0), milliseconds(500),
                                    milliseconds(1000), milliseconds(2000)};

}  // namespace

std::size_t RestartPolicy::DeathsWithin(TimePoint now) {
  while (!deaths_.empty() && now - deaths_.front() > window_) deaths_.pop_front();
  return deaths_.size();
}

std::optional<RestartPolicy::Duration> RestartPolicy::DelayBeforeStart(TimePoint now) {
  const std::size_t deaths = DeathsWithin(now);
  if (deaths == 0) return Duration::zero();
  if (deaths > limit_) return std::nullopt;
  return kDelays[std::min(deaths, std::size(kDelays)) - 1];
}

}  // namespace continuo::supervisor
