// SPDX-License-Identifier: Apache-2.0
// Many streams of one process at a real period: what `continuoctl bench` measures.
//
// Threads: `callbacks` threads wake a period apart and process their part of the streams one
// after the other, as the mixer of a host does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/app/ctl/context.h"
#include "daemon/app/ctl/quantiles.h"
#include "shared/client/stream.h"

namespace continuo::ctl {

struct ManyPlan {
  client::StreamConfig stream;  // rate, channels, block and mode as well
  std::uint32_t streams = 16;
  std::uint32_t callbacks = 1;
  double seconds = 10;
  int priority = 0;  // of the callback threads
};

struct StageQuantiles {
  double p50_us = 0, p99_us = 0, max_us = 0;
  std::uint64_t count = 0;
};

struct ManyResult {
  std::uint32_t opened = 0, direct = 0, pipelined = 0;
  std::string refused;  // why the first that was not opened was not
  std::uint64_t blocks = 0, missed = 0, late_blocks = 0, late_periods = 0, periods = 0;
  Quantiles call;    // of Process()
  Quantiles period;  // of all calls of a thread in a period
  StageQuantiles wake, process, back, wait;
  struct Load {
    std::string name;  // "core 0", "runner 1234", "daemon", "client"
    double cores = 0;  // processors' worth of time
  };
  std::vector<Load> loads;
};

[[nodiscard]] ManyResult RunMany(const client::Connected& connected, const ManyPlan& plan);

}  // namespace continuo::ctl
