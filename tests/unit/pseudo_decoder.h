// SPDX-License-Identifier: Apache-2.0
// A decoder for tests of composers: its logits follow from the cell and its grid row alone, by a
// hash, so that any two runs agree and no two cells are alike.
#pragma once

#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

#include "daemon/executor/decoder.h"
#include "shared/midi/random.h"

namespace continuo::test {

class PseudoDecoder : public executor::Decoder {
 public:
  explicit PseudoDecoder(executor::DecoderShape shape) : shape_(std::move(shape)) {
    shape_.width = static_cast<std::uint32_t>(shape_.grid_fields.size());
  }

  [[nodiscard]] const executor::DecoderShape& shape() const override { return shape_; }

  // The grid itself, checked against the shape.
  [[nodiscard]] absl::StatusOr<std::vector<float>> Encode(absl::Span<const std::int32_t> grid,
                                                          std::uint32_t steps) const override {
    const std::size_t fields = shape_.grid_fields.size();
    if (grid.size() != steps * fields) return absl::InvalidArgumentError("grid: size");
    for (std::size_t i = 0; i < grid.size(); ++i) {
      if (grid[i] < 0 || static_cast<std::uint32_t>(grid[i]) >= shape_.grid_fields[i % fields]) {
        return absl::InvalidArgumentError("grid: range");
      }
    }
    const std::scoped_lock lock(mutex_);
    last_grid_.assign(grid.begin(), grid.end());
    return std::vector<float>(grid.begin(), grid.end());
  }

  [[nodiscard]] std::unique_ptr<executor::Sequence> CreateSequence() const override {
    return std::make_unique<Count>();
  }

  [[nodiscard]] absl::Status Next(absl::Span<const executor::Cell> cells) const override {
    for (const executor::Cell& cell : cells) {
      ++static_cast<Count*>(cell.sequence)->cells;
      std::uint64_t hash = static_cast<std::uint64_t>(cell.position);
      for (std::size_t f = 0; f < shape_.token_fields.size(); ++f) {
        if (cell.token[f] < 0 ||
            static_cast<std::uint32_t>(cell.token[f]) >= shape_.token_fields[f]) {
          return absl::InvalidArgumentError("token: range");
        }
        hash = hash * 1000003 + static_cast<std::uint64_t>(cell.token[f]);
      }
      for (std::uint32_t f = 0; f < shape_.width; ++f) {
        hash = hash * 1000003 + static_cast<std::uint64_t>(cell.encoded[f]);
      }
      if (cell.logits == nullptr) continue;
      midi::Random random(hash);
      for (std::uint32_t v = 0; v < shape_.vocabulary; ++v) {
        cell.logits[v] = static_cast<float>(random.Next() >> 40) * 0x1p-22F;  // 0 to 4
      }
    }
    return absl::OkStatus();
  }

  [[nodiscard]] std::vector<std::int32_t> last_grid() const {
    const std::scoped_lock lock(mutex_);
    return last_grid_;
  }

 private:
  struct Count : executor::Sequence {
    void Reset() override { cells = 0; }
    void CopyFrom(const Sequence& other) override {
      cells = static_cast<const Count&>(other).cells;
    }
    [[nodiscard]] std::uint64_t size() const override { return cells; }
    std::uint64_t cells = 0;
  };

  executor::DecoderShape shape_;
  mutable std::mutex mutex_;
  mutable std::vector<std::int32_t> last_grid_;
};

}  // namespace continuo::test
