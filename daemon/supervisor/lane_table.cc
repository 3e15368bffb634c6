// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/lane_table.h"

#include <algorithm>
#include <cmath>

namespace continuo::supervisor {

std::uint32_t LaneTable::Join(std::uint64_t id, const void* runner, std::uint32_t core,
                              double block_us, double period_us) {
  Leave(id);
  if (block_us > kMaxShare * period_us) return kOwnThread;
  const int octave = std::ilogb(period_us);
  auto lane = std::find_if(lanes_.begin(), lanes_.end(), [&](const auto& entry) {
    const Lane& known = entry.second;
    return known.runner == runner && known.core == core && known.octave == octave &&
           known.streams < kMaxStreams;
  });
  if (lane == lanes_.end()) {
    lane = lanes_.emplace(next_lane_++, Lane{runner, core, octave, 0}).first;
  }
  ++lane->second.streams;
  lane_of_[id] = lane->first;
  return lane->first;
}

bool LaneTable::Leave(std::uint64_t id) {
  const auto found = lane_of_.find(id);
  if (found == lane_of_.end()) return false;
  const auto lane = lanes_.find(found->second);
  if (--lane->second.streams == 0) lanes_.erase(lane);
  lane_of_.erase(found);
  return true;
}

}  // namespace continuo::supervisor
