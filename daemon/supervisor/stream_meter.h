// SPDX-License-Identifier: Apache-2.0
// The figures of one stream, as runner and client write them into its segments.
//
// Problem: figures are wanted from a runner that hangs as well, and asking it costs it
// time. They lie in the segment; but what a client can truncate is not mapped by the daemon
// (what is cut short would be lost to it), so their pages are read as a file is.
// Trust: numbers of two strangers: taken for what they are, they lead nowhere.
// Threads: [loop-thread]. A reading is one system call of 3 KiB, microseconds.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <optional>
#include <string>

#include "continuo/v1/stream_service.pb.h"
#include "daemon/base/unique_fd.h"
#include "shared/ipc/histogram.h"
#include "shared/ipc/statistics.h"

namespace continuo::supervisor {

struct StreamFigures {
  ipc::Statistics runner;
  std::uint64_t client_blocks = 0;
  std::uint64_t missed_blocks = 0;
  std::uint64_t late_blocks = 0;
  std::uint32_t pipelined_frames = 0;  // of the newest segment; 0: direct
  ipc::Histogram wake, process, back, wait;

  void Include(const StreamFigures& other);
};

// All but the stream's id; 0 for the rate: without its load.
void FillStatistics(const StreamFigures& figures, std::uint32_t sample_rate_hz,
                    v1::GetStatisticsResponse* response);

class StreamMeter {
 public:
  // Reads from this segment from now on; what was counted in those before it stays counted.
  // Its name has to be there still.
  [[nodiscard]] absl::Status Follow(const std::string& segment_name);

  // All segments together, as of now; of one that cannot be read, as of the last time.
  [[nodiscard]] const StreamFigures& Read();

  // To be called about once a second.
  void Sample(std::uint64_t now_ns, std::uint32_t sample_rate_hz);
  // Model time over time, between the last two samples.
  [[nodiscard]] double load() const { return load_; }
  // Model time a frame, over the last second or more with enough blocks; 0: not known.
  [[nodiscard]] double frame_us() const { return frame_us_; }
  // Whether the client waits for each block, by the last two samples; nothing while it does not
  // play or has just changed.
  [[nodiscard]] std::optional<bool> direct() const { return direct_; }

 private:
  base::UniqueFd segment_;
  StreamFigures past_;     // of the segments before
  StreamFigures present_;  // of this one
  StreamFigures all_;
  std::uint64_t sampled_ns_ = 0;
  ipc::Statistics sampled_;   // for load_
  ipc::Statistics measured_;  // for frame_us_
  double load_ = 0;
  double frame_us_ = 0;
  std::optional<bool> sampled_direct_, direct_;
};

}  // namespace continuo::supervisor
