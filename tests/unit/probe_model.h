// SPDX-License-Identifier: Apache-2.0
// A model whose work is a function of the test; every state has a number.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "daemon/executor/executor.h"

namespace continuo::test {

struct ProbeCall {
  std::uint32_t state;  // in the order of CreateState()
  const float* const* in;
  float* const* out;
  const float* const* parameters;
  std::uint32_t frames;
  const executor::Block* block;
};

class ProbeModel final : public executor::Model {
 public:
  using Work = std::function<executor::ProcessError(const ProbeCall&)>;

  explicit ProbeModel(const executor::Description& description, Work work = Copy)
      : description_(description), work_(std::move(work)) {}

  [[nodiscard]] const executor::Description& description() const override { return description_; }
  absl::StatusOr<std::unique_ptr<executor::State>> CreateState() override {
    return std::make_unique<ProbeState>(this, states++);
  }

  [[nodiscard]] std::uint32_t states_together() const override { return together; }
  executor::ProcessError ProcessTogether(executor::State* const* all, const executor::Block* blocks,
                                         std::uint32_t count) noexcept override {
    largest_batch = std::max(largest_batch.load(), count);
    return Model::ProcessTogether(all, blocks, count);
  }

  // The first channels of the input, as many as there are outputs.
  static executor::ProcessError Copy(const ProbeCall& call) {
    std::copy_n(call.in[0], call.frames, call.out[0]);
    return executor::ProcessError::kNone;
  }
  // Parameter 0 times the first channel.
  static executor::ProcessError Gain(const ProbeCall& call) {
    for (std::uint32_t i = 0; i < call.frames; ++i) {
      call.out[0][i] = call.parameters[0][i] * call.in[0][i];
    }
    return executor::ProcessError::kNone;
  }

  std::uint32_t states = 0;
  std::uint32_t together = 1;                   // what it says of states_together()
  std::atomic<std::uint32_t> largest_batch{0};  // that one thread has given it
  std::atomic<std::uint32_t> resets{0};

 private:
  class ProbeState final : public executor::State {
   public:
    ProbeState(ProbeModel* model, std::uint32_t number) : model_(model), number_(number) {}
    executor::ProcessError Process(const executor::Block& block) noexcept override {
      return model_->work_({number_, block.in, block.out, block.parameters, block.frames, &block});
    }
    void Reset() noexcept override { ++model_->resets; }

   private:
    ProbeModel* const model_;
    const std::uint32_t number_;
  };

  const executor::Description description_;
  const Work work_;
};

inline executor::Description Mono(std::uint32_t sample_rate_hz,
                                  std::uint32_t maximum_block_frames = 4096) {
  executor::Description description;
  description.sample_rate_hz = sample_rate_hz;
  description.maximum_block_frames = maximum_block_frames;
  description.real_time_safe = true;
  return description;
}

}  // namespace continuo::test
