// SPDX-License-Identifier: Apache-2.0
// What a cell of a loaded decoder takes on this machine: measured when it is loaded, and
// corrected by what is seen at work.
// Threads: one at a time.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstddef>

#include "daemon/executor/decoder.h"

namespace continuo::generate {

class CellCost {
 public:
  // Takes some tens of steps.
  [[nodiscard]] static absl::StatusOr<CellCost> Measure(const executor::Decoder& decoder);

  // Of one step with a cell of each of so many pieces.
  [[nodiscard]] double StepUs(std::size_t pieces) const;
  void Observe(std::size_t pieces, double us);

 private:
  struct Point {
    std::size_t pieces;
    double us;
  };
  std::array<Point, 3> points_{{{1, 0}, {4, 0}, {16, 0}}};
  double correction_ = 1;  // of late: sequences grow longer than when measured
};

}  // namespace continuo::generate
