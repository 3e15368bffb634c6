// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/program_builder.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <atomic>
#include <utility>

namespace continuo::executor::fused {
namespace {

constexpr std::size_t kMaximumPackedFloats = std::size_t{1} << 25;  // 128 MiB a model
constexpr std::size_t kMaximumStateFloats = std::size_t{1} << 24;   // 64 MiB a stream
// On a thread's stack, of which the runner locks 128 KiB; what needs more scratch memory has
// it in each state.
constexpr std::size_t kStackFloats = std::size_t{1} << 14;

// Whose state it was that ran last, on any thread, of all such networks: one that is alone finds
// its past where it left it. Only compared.
std::atomic<const Memory*> last_run{nullptr};

// Moves nowhere: the program points into it.
class ProgramNetwork final : public Network {
 public:
  ProgramNetwork(const std::vector<float>& weights, std::vector<ProgramStep> steps,
                 std::vector<std::uint32_t> ring_frames, std::size_t scratch_floats,
                 std::size_t past_floats, std::uint32_t field_frames, const Kernels& kernels)
      : weights_(weights.size()),
        steps_(std::move(steps)),
        ring_frames_(std::move(ring_frames)),
        scratch_floats_(scratch_floats),
        past_floats_(past_floats),
        field_frames_(field_frames),
        kernels_(kernels) {
    std::copy(weights.begin(), weights.end(), weights_.data());
    program_.steps = steps_.data();
    program_.step_count = static_cast<std::uint32_t>(steps_.size());
    program_.ring_frames = ring_frames_.data();
    program_.ring_count = static_cast<std::uint32_t>(ring_frames_.size());
    program_.weights = weights_.data();
  }
  void SetEnds(const Rows& input, const Output& output, std::uint32_t first_past) {
    program_.first_past = first_past;
    program_.input_at = input.at;
    program_.output = output.rows;
    program_.outputs = output.count;
  }
  [[nodiscard]] std::uint32_t warm_up_frames() const override { return 0; }  // as it is settled
  [[nodiscard]] std::uint32_t tail_frames() const override { return field_frames_; }
  [[nodiscard]] std::size_t state_floats() const {
    return past_floats_ + (scratch_floats_ > kStackFloats ? scratch_floats_ : 0);
  }
  [[nodiscard]] Memory AtStart() const override {
    Memory memory{
        AlignedFloats(state_floats()), std::vector<std::uint32_t>(ring_frames_.size(), 0), {}};
    AlignedFloats scratch(scratch_floats_);
    kernels_.settle(program_, scratch.data(), memory.floats.data());
    return memory;
  }
  void Run(Memory& memory, const Block& block) const noexcept override {
    if (scratch_floats_ > kStackFloats) {
      RunIn(memory.floats.data() + past_floats_, memory, block);
    } else {
      alignas(kAlignmentBytes) float scratch[kStackFloats];
      RunIn(scratch, memory, block);
    }
  }

 private:
  void RunIn(float* scratch, Memory& memory, const Block& block) const noexcept {
    const bool others = last_run.load(std::memory_order_relaxed) != &memory;
    if (others) last_run.store(&memory, std::memory_order_relaxed);
    kernels_.program(program_, scratch, memory.floats.data(), memory.words.data(), block.in[0],
                     block.out, block.frames, others);
  }

  AlignedFloats weights_;
  const std::vector<ProgramStep> steps_;
  const std::vector<std::uint32_t> ring_frames_;
  const std::size_t scratch_floats_, past_floats_;
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
  tile.at = scratch_.Place(std::size_t{Filled(rows)} * kTileFrames);
  return tile;
}

Rows ProgramBuilder::AddSource(std::uint32_t rows) { return PlaceSource(scratch_, Filled(rows)); }

void ProgramBuilder::LookBack(ProgramStep& step, const Rows& source, std::uint32_t dilation) {
  step.source = source;
  step.dilation = dilation;
  if (step.taps == 1) return;
  field_frames_ += (step.taps - 1) * dilation;
  step.past = PlacePast(memory_, ring_frames_, step.inputs, step.taps, dilation);
}

std::size_t ProgramBuilder::AddNumbers(const std::vector<float>& numbers) {
  const std::size_t at = weights_.size();
  weights_.insert(weights_.end(), numbers.begin(), numbers.end());
  weights_.resize(RoundUp(weights_.size(), kLineFloats), 0.0F);
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
  weights_.resize(RoundUp(at + tap_floats * matrix.taps, kLineFloats), 0.0F);
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
  const std::size_t floats = memory_.size() + scratch_.size();
  if (ring_frames_.size() > kMaximumRings || floats > kMaximumStateFloats) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": a stream would need ", floats,
                                                   " floats, expected at most ",
                                                   kMaximumStateFloats));
  }
  const std::uint32_t first_past = LinkPasts(steps_);
  auto network =
      std::make_unique<ProgramNetwork>(weights_, std::move(steps_), std::move(ring_frames_),
                                       scratch_.size(), memory_.size(), field_frames_ + 1, kernels);
  network->SetEnds(input_, output, first_past);
  return network;
}

}  // namespace continuo::executor::fused
