// SPDX-License-Identifier: Apache-2.0
#include "daemon/generate/cell_cost.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace continuo::generate {
namespace {

constexpr std::size_t kSteps = 24, kStreamedSteps = 3;
constexpr double kOfNew = 1.0 / 64;

// The median of the steps: one that the system interrupts does not count.
absl::StatusOr<double> MeasureSteps(const executor::Decoder& decoder, std::size_t pieces) {
  using Clock = std::chrono::steady_clock;
  const executor::DecoderShape& shape = decoder.shape();
  const std::vector<std::int32_t> grid(shape.grid_fields.size(), 0);
  const absl::StatusOr<std::vector<float>> encoded = decoder.Encode(grid, 1);
  if (!encoded.ok()) return encoded.status();
  const std::vector<std::int32_t> token(shape.token_fields.size(), 0);
  std::vector<float> logits(pieces * shape.vocabulary);
  std::vector<std::unique_ptr<executor::Sequence>> sequences;
  std::vector<executor::Cell> cells;
  // Where weights are streamed for want of memory, keys and values of one piece have to do.
  const std::size_t kept = shape.window_bytes > 0 ? 1 : pieces;
  for (std::size_t i = 0; i < pieces; ++i) {
    if (i < kept) sequences.push_back(decoder.CreateSequence());
    cells.push_back({sequences[i % kept].get(), token.data(), encoded->data(), 0,
                     logits.data() + i * shape.vocabulary});
  }
  // Each reads all of the weights from their file, so little else shows.
  const std::size_t steps = shape.window_bytes > 0 ? kStreamedSteps : kSteps;
  std::vector<double> us;
  for (std::size_t step = 0; step < steps; ++step) {
    for (executor::Cell& cell : cells) cell.position = static_cast<std::int32_t>(step);
    const Clock::time_point begin = Clock::now();
    if (absl::Status status = decoder.Next(cells); !status.ok()) return status;
    us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  const auto middle = us.begin() + static_cast<std::ptrdiff_t>(steps / 2);
  std::nth_element(us.begin(), middle, us.end());
  return *middle;
}

}  // namespace

absl::StatusOr<CellCost> CellCost::Measure(const executor::Decoder& decoder) {
  CellCost cost;
  for (Point& point : cost.points_) {
    const absl::StatusOr<double> us = MeasureSteps(decoder, point.pieces);
    if (!us.ok()) return us.status();
    point.us = *us;
  }
  return cost;
}

double CellCost::StepUs(std::size_t pieces) const {
  const Point* low = &points_[0];
  const Point* high = &points_[1];
  if (pieces > high->pieces) low = high++;
  const double along = (static_cast<double>(pieces) - static_cast<double>(low->pieces)) /
                       static_cast<double>(high->pieces - low->pieces);
  return correction_ * std::max(0.0, low->us + along * (high->us - low->us));
}

void CellCost::Observe(std::size_t pieces, double us) {
  const double expected = StepUs(pieces);
  if (expected <= 0) return;
  // One step that was interrupted must not upset all.
  const double ratio = std::clamp(us / expected, 0.5, 2.0);
  correction_ = std::clamp(correction_ * (1 + kOfNew * (ratio - 1)), 0.1, 100.0);
}

}  // namespace continuo::generate
