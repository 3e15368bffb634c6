// SPDX-License-Identifier: Apache-2.0
// What an audio thread tells of itself. Written by it, with plain stores and adds.
// Threads: [any-thread] to read.
#pragma once

#include <atomic>
#include <cstdint>

#include "shared/ipc/segment_layout.h"

namespace continuo::client {

struct AudioCounters {
  std::atomic<std::uint64_t> blocks{0};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> wet_blocks{0};
  std::atomic<std::uint64_t> missed{0};
  std::atomic<std::uint64_t> late{0};
  std::atomic<std::uint64_t> violations{0};
  std::atomic<std::uint32_t> link{0};  // whose figures the four below are: Link::number; 0: none
  std::atomic<std::uint32_t> latency_frames{0};
  std::atomic<std::uint32_t> pipelined_frames{0};  // of these
  std::atomic<std::uint32_t> mode_reason{0};       // ModeReason
  std::atomic<std::uint32_t> mode_figure{0};
  std::atomic<bool> at_rest{false};
  std::atomic<bool> may_rest{true};  // Stream::may_rest
  ipc::HistogramBlock waits{};
};

}  // namespace continuo::client
