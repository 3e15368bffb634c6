// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/program_builder.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

namespace continuo::executor::fused {
namespace {

constexpr std::size_t kMaximumPackedFloats = std::size_t{1} << 25;  // 128 MiB a model
constexpr std::size_t kMaximumStateFloats = std::size_t{1} << 24;   // 64 MiB a stream
constexpr std::size_t kLine = kAlignmentBytes / sizeof(float);
// In frames: to move up so many costs less than what a ring repeats.
constexpr std::uint32_t kLongestSlide = kTileFrames;

// Rows an even number of cache lines apart would meet in few sets of the cache.
std::size_t OddLines(std::size_t floats) {
  const std::size_t lines = RoundUp(floats, kLine) / kLine;
  return (lines + 1 - lines % 2) * kLine;
}

// Moves nowhere: the program points into it.
class ProgramNetwork final : public Network {
 public:
  ProgramNetwork(const std::vector<float>& weights, std::vector<ProgramStep> steps,
                 std::vector<std::uint32_t> ring_frames, std::vector<Slide> slides,
                 std::size_t memory_floats, std::uint32_t field_frames, const Kernels& kernels)
      : weights_(weights.size()),
        steps_(std::move(steps)),
        ring_frames_(std::move(ring_frames)),
        slides_(std::move(slides)),
        memory_floats_(memory_floats),
        field_frames_(field_frames),
        kernels_(kernels) {
    std::copy(weights.begin(), weights.end(), weights_.data());
    program_.steps = steps_.data();
    program_.step_count = static_cast<std::uint32_t>(steps_.size());
    program_.ring_frames = ring_frames_.data();
    program_.ring_count = static_cast<std::uint32_t>(ring_frames_.size());
    program_.slides = slides_.data();
    program_.slide_count = static_cast<std::uint32_t>(slides_.size());
    program_.weights = weights_.data();
  }
  void SetEnds(const Rows& input, const Output& output) {
    program_.input_at = input.at;
    program_.output = output.rows;
    program_.outputs = output.count;
  }
  [[nodiscard]] std::uint32_t warm_up_frames() const override { return 0; }  // as it is settled
  [[nodiscard]] std::uint32_t tail_frames() const override { return field_frames_; }
  [[nodiscard]] Memory AtStart() const override {
    Memory memory{
        AlignedFloats(memory_floats_), std::vector<std::uint32_t>(ring_frames_.size(), 0), {}};
    kernels_.settle(program_, memory.floats.data());
    return memory;
  }
  void Run(Memory& memory, const Block& block) const noexcept override {
    kernels_.program(program_, memory.floats.data(), memory.words.data(), block.in[0], block.out,
                     block.frames);
  }

 private:
  AlignedFloats weights_;
  const std::vector<ProgramStep> steps_;
  const std::vector<std::uint32_t> ring_frames_;
  const std::vector<Slide> slides_;
  const std::size_t memory_floats_;
  const std::uint32_t field_frames_;
  const Kernels& kernels_;
  Program program_{};
};

}  // namespace

absl::Status WeightReader::CheckAllTaken() const {
  if (taken_ == weights_->size()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("weights: is a list of ", weights_->size(), ", expected ", taken_));
}

Rows ProgramBuilder::AddTile(std::uint32_t rows) {
  Rows tile;
  tile.at = memory_.Place(std::size_t{Filled(rows)} * kTileFrames);
  return tile;
}

// A ring's row begins with room for the lanes before its first frame.
Rows ProgramBuilder::AddPast(std::uint32_t rows, std::uint32_t taps, std::uint32_t dilation) {
  if (taps == 1) return AddTile(rows);
  Rows ring;
  const std::uint32_t past = (taps - 1) * dilation;
  field_frames_ += past;
  if (past <= kLongestSlide) {
    ring.past = static_cast<std::uint32_t>(RoundUp(past, kLine));
    ring.stride = OddLines(ring.past + kTileFrames);
    ring.at = memory_.Place(ring.stride * Filled(rows)) + ring.past;
    slides_.push_back({ring, Filled(rows)});
    return ring;
  }
  ring.ring_frames = static_cast<std::uint32_t>(RoundUp(past + kTileFrames, kMaximumLanes));
  ring.stride = OddLines(kMaximumLanes + ring.ring_frames + kTileFrames + kMaximumLanes);
  ring.at = memory_.Place(ring.stride * Filled(rows)) + kMaximumLanes;
  ring.ring = static_cast<std::uint32_t>(ring_frames_.size());
  ring_frames_.push_back(ring.ring_frames);
  return ring;
}

std::size_t ProgramBuilder::AddNumbers(const std::vector<float>& numbers) {
  const std::size_t at = weights_.size();
  weights_.insert(weights_.end(), numbers.begin(), numbers.end());
  weights_.resize(RoundUp(weights_.size(), kLine), 0.0F);
  return at;
}

std::size_t ProgramBuilder::PackFours(const Matrix& matrix, const float* weights,
                                      const std::vector<double>& scales) {
  const std::size_t filled = Filled(matrix.rows), outputs = std::size_t{matrix.parts} * matrix.rows;
  const std::size_t tap_floats = matrix.parts * filled * matrix.inputs;
  const std::size_t at = weights_.size();
  if (weights == nullptr || at + tap_floats * matrix.taps > kMaximumPackedFloats) {
    too_large_ = too_large_ || weights != nullptr;
    return at;
  }
  weights_.resize(RoundUp(at + tap_floats * matrix.taps, kLine), 0.0F);
  const std::size_t group_rows = outputs / matrix.groups, columns = matrix.inputs / matrix.groups;
  for (std::size_t o = 0; o < outputs; ++o) {
    const std::size_t row = o / matrix.rows * filled + o % matrix.rows;
    const double scale = scales.empty() ? 1.0 : scales[o];
    for (std::size_t i = 0; i < columns; ++i) {
      const std::size_t column = o / group_rows * columns + i;
      for (std::size_t tap = 0; tap < matrix.taps; ++tap) {
        weights_[at + tap * tap_floats + (row / 4 * matrix.inputs + column) * 4 + row % 4] =
            static_cast<float>(weights[(o * columns + i) * matrix.taps + tap] * scale);
      }
    }
  }
  return at;
}

ProgramStep ProgramBuilder::Convolution(const Matrix& matrix, WeightReader& weights,
                                        const std::vector<double>& scales,
                                        const std::vector<double>& shifts) {
  const std::size_t outputs = std::size_t{matrix.parts} * matrix.rows;
  ProgramStep step;
  step.fours = matrix.parts * Filled(matrix.rows) / 4;
  step.inputs = matrix.inputs;
  step.taps = matrix.taps;
  step.weights_at = PackFours(
      matrix, weights.Take(outputs * (matrix.inputs / matrix.groups) * matrix.taps), scales);
  std::vector<float> bias(std::size_t{step.fours} * 4);
  const float* const stated = matrix.bias ? weights.Take(outputs) : nullptr;
  for (std::size_t o = 0; o < outputs; ++o) {
    float& value = bias[o / matrix.rows * Filled(matrix.rows) + o % matrix.rows];
    if (stated != nullptr)
      value = static_cast<float>(stated[o] * (scales.empty() ? 1.0 : scales[o]));
    if (!shifts.empty()) value += static_cast<float>(shifts[o]);
  }
  step.bias_at = AddNumbers(bias);
  return step;
}

void ProgramBuilder::AddMix(ProgramStep& step, const Matrix& matrix, WeightReader& weights,
                            const Rows& condition) {
  step.mix_inputs = matrix.inputs;
  step.mix_at = PackFours(
      matrix,
      weights.Take(std::size_t{matrix.parts} * matrix.rows * (matrix.inputs / matrix.groups)), {});
  step.condition = condition;
}

absl::StatusOr<std::unique_ptr<Network>> ProgramBuilder::Finish(const Output& output,
                                                                const char* field,
                                                                const Kernels& kernels) {
  if (too_large_) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": its matrices would need more than ",
                                                   kMaximumPackedFloats, " floats, the limit"));
  }
  if (ring_frames_.size() > kMaximumRings || memory_.size() > kMaximumStateFloats) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": a stream would need ", memory_.size(),
                                                   " floats, expected at most ",
                                                   kMaximumStateFloats));
  }
  auto network = std::make_unique<ProgramNetwork>(weights_, std::move(steps_),
                                                  std::move(ring_frames_), std::move(slides_),
                                                  memory_.size(), field_frames_ + 1, kernels);
  network->SetEnds(input_, output);
  return network;
}

}  // namespace continuo::executor::fused
