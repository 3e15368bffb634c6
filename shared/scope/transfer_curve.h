// SPDX-License-Identifier: Apache-2.0
// What came out for what went in: for each input level the lowest, the highest and the mean output.
//
// An effect without memory gives a line, one with memory (filter, compressor, tape) a band around
// it. Both have to be aligned, or everything is a band (SignalTap::Read).
// Threads: one at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "shared/scope/signal_tap.h"

namespace continuo::scope {

class TransferCurve {
 public:
  static constexpr std::size_t kColumns = 65;  // odd: one of them is for silence
  static constexpr double kHoldSeconds = 2.0;

  struct Column {
    float low = 0, high = 0, mean = 0;
    std::uint32_t count = 0;  // of frames; 0: nothing of that level went in
  };

  // Of these frames alone, all channels together; `seconds` since the last time.
  void Update(const Excerpt& excerpt, double seconds);

  // Column 0 is at −input_range(), the last one at +input_range().
  [[nodiscard]] const std::array<Column, kColumns>& columns() const { return columns_; }
  // A power of two that holds the largest magnitude; narrower only after kHoldSeconds.
  [[nodiscard]] float input_range() const { return input_.value; }
  [[nodiscard]] float output_range() const { return output_.value; }

 private:
  struct Range {
    float value = 1;
    double spared = 0;  // seconds for which half of it was enough
    void Hold(const Channels& channels, double seconds);
  };

  std::array<Column, kColumns> columns_{};
  Range input_, output_;
};

}  // namespace continuo::scope
