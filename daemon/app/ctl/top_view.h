// SPDX-License-Identifier: Apache-2.0
// What `continuoctl top` shows, as lines of plain text: the screen draws them, a pipe gets
// them. A pure function of the daemon's figures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "continuo/v1/metrics_service.pb.h"

namespace continuo::ctl {

enum class TopOrder : std::uint8_t { kLoad, kMissed, kWait, kStream, kModel };
[[nodiscard]] TopOrder NextOrder(TopOrder order);
[[nodiscard]] const char* ToWords(TopOrder order);

struct TopScreen {
  TopOrder order = TopOrder::kLoad;
  std::size_t columns = 80;
  std::size_t rows = 0;  // 0: as many as there are
};

// Each at most `columns` wide, in ASCII. Where there are more streams than rows the last
// line tells how many.
[[nodiscard]] std::vector<std::string> RenderTop(const v1::GetMetricsResponse& metrics,
                                                 const TopScreen& screen);

// Which of these lines is the streams' heading; it is drawn in reverse.
[[nodiscard]] std::size_t HeadingOf(const v1::GetMetricsResponse& metrics);

}  // namespace continuo::ctl
