// SPDX-License-Identifier: Apache-2.0
// Puts a program together: packs matrices, places rows, and makes a network of it.
//
// Errors: what is too large, or does not fit the number of weights, is found out at
// the end (Finish), so that a reader goes through a file without a check at each step;
// nothing is packed meanwhile that the file has no weights for.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/executor/fused/network.h"
#include "daemon/executor/fused/placing.h"
#include "daemon/executor/fused/plan.h"

namespace continuo::executor::fused {

// The flat weights of a file in their order. Beyond their end it only counts.
class WeightReader {
 public:
  explicit WeightReader(const std::vector<float>& weights) : weights_(&weights) {}
  // nullptr if there are not as many left.
  const float* Take(std::size_t count) {
    const float* const taken =
        taken_ + count <= weights_->size() ? weights_->data() + taken_ : nullptr;
    taken_ += count;
    return taken;
  }
  // Whether all were taken, and no more.
  [[nodiscard]] absl::Status CheckAllTaken() const;

 private:
  const std::vector<float>* weights_;
  std::size_t taken_ = 0;
};

// A convolution as a file has it: weights [output][input of its group][tap], then the
// bias. The outputs are `parts` × `rows`, each part filled up to a multiple of four.
struct Matrix {
  std::uint32_t rows = 1, inputs = 1;
  std::uint32_t parts = 1, taps = 1, groups = 1;
  bool bias = true;
};

// Where a network leaves its result.
struct Output {
  Rows rows;
  std::uint32_t count = 1;
};

class ProgramBuilder {
 public:
  [[nodiscard]] static std::uint32_t Filled(std::uint32_t rows) { return (rows + 3) / 4 * 4; }

  // The input's row.
  [[nodiscard]] Rows input() const { return input_; }
  Rows AddTile(std::uint32_t rows);
  // A tile that a convolution may look back on, or several one after the other.
  Rows AddSource(std::uint32_t rows);

  // Numbers a row, or four for all of them, as `numbers` are.
  std::size_t AddNumbers(const std::vector<float>& numbers);
  // A kConvolve step without its rows; the outputs are multiplied by `scales`, if there
  // are any, then `shifts` are added.
  ProgramStep Convolution(const Matrix& matrix, WeightReader& weights,
                          const std::vector<double>& scales = {},
                          const std::vector<double>& shifts = {});
  // Its source, made by AddSource() unless there is one tap, and the past that its taps need.
  // Counts into the receptive field.
  void LookBack(ProgramStep& step, const Rows& source, std::uint32_t dilation);
  // With the mix of a layer: outputs += W · condition.
  void AddMix(ProgramStep& step, const Matrix& matrix, WeightReader& weights,
              const Rows& condition);

  ProgramStep& Add(const ProgramStep& step) { return steps_.emplace_back(step); }
  [[nodiscard]] ProgramStep& last() { return steps_.back(); }

  // `field`: which part of the file a message blames for the size.
  absl::StatusOr<std::unique_ptr<Network>> Finish(const Output& output, const char* field,
                                                  const Kernels& kernels);

 private:
  std::size_t PackFours(const Matrix& matrix, const float* weights,
                        const std::vector<double>& scales);

  std::vector<float> weights_;
  std::vector<ProgramStep> steps_;
  std::vector<std::uint32_t> ring_frames_;
  Arrangement scratch_, memory_;
  const Rows input_ = AddSource(1);
  std::uint32_t field_frames_ = 0;
  bool too_large_ = false;
};

}  // namespace continuo::executor::fused
