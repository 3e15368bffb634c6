// SPDX-License-Identifier: Apache-2.0
// Which pipelined streams share a thread of their runner.
//
// Problem: two hundred streams on threads of their own are two hundred wake-ups a period.
// A lane steps its streams in turn, a block each, and cannot interrupt one for another: so
// its streams have one runner, one core and about one period, and none of them takes more
// than an eighth of it.
// Threads: none of its own.
#pragma once

#include <cstdint>
#include <map>

namespace continuo::supervisor {

class LaneTable {
 public:
  static constexpr double kMaxShare = 0.125;
  // The kernel waits on 128 words at once; one is the lane's own.
  static constexpr std::uint32_t kMaxStreams = 120;
  static constexpr std::uint32_t kOwnThread = 0;

  // The lane that the stream is in from now on, counted from 1; leaves the one it was in.
  std::uint32_t Join(std::uint64_t id, const void* runner, std::uint32_t core, double block_us,
                     double period_us);
  // False where it was in none.
  bool Leave(std::uint64_t id);

 private:
  struct Lane {
    const void* runner;
    std::uint32_t core;
    int octave;  // of the period
    std::uint32_t streams;
  };
  std::map<std::uint32_t, Lane> lanes_;
  std::map<std::uint64_t, std::uint32_t> lane_of_;  // by stream
  std::uint32_t next_lane_ = 1;
};

}  // namespace continuo::supervisor
