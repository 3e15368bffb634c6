// SPDX-License-Identifier: Apache-2.0
// One measurement of `stream bench`: streams at one period, and the bare baseline
// in between, second by second, so that both meet the same machine.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "daemon/app/ctl/futex_ping_pong.h"
#include "daemon/app/ctl/quantiles.h"
#include "shared/client/stream.h"

namespace continuo::ctl {

struct BenchPlan {
  client::StreamConfig stream;  // rate, channels and block are set below
  std::uint32_t sample_rate_hz = 48000;
  std::uint32_t channels = 2;
  std::uint32_t streams = 1;
  double seconds = 5;  // of streams, and as much of the baseline
  int priority = 0;    // of the callback thread
};

struct BenchResult {
  std::uint32_t period_frames = 0;
  client::Mode mode = client::Mode::kDirect;
  std::string mode_reason;
  std::uint32_t latency_frames = 0;
  double block_cost_us = 0;
  Quantiles ours;  // of Process()
  Quantiles bare;
  std::uint64_t blocks = 0, missed = 0, late_blocks = 0;
  std::uint64_t late = 0, bare_late = 0;  // periods that began too late
  std::string wake;                       // as asked for
  std::string scheduling;                 // of the first stream's thread, at the end
  std::string callback_scheduling, runner_scheduling, child_scheduling;
};

// `scheduling`: asks the daemon for a stream's.
[[nodiscard]] BenchResult RunBench(const BenchPlan& plan, std::uint32_t period_frames,
                                   FutexPingPong& baseline,
                                   const std::function<std::string(std::uint64_t)>& scheduling);

}  // namespace continuo::ctl
