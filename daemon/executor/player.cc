// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/player.h"

#include <absl/strings/str_cat.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

namespace continuo::executor {
namespace {

constexpr float kNoisePeak = 0.35F;  // uniform: -14 dB

}  // namespace

double ThreadSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

Signal Noise(std::uint32_t channels, std::size_t frames) {
  std::mt19937 generator(1);
  Signal noise(channels, std::vector<float>(frames));
  for (auto& channel : noise) {
    for (float& sample : channel) {
      sample = kNoisePeak * (static_cast<float>(generator()) * 0x1p-31F - 1.0F);
    }
  }
  return noise;
}

double Peak(const Signal& signal) {
  double peak = 0;
  for (const auto& channel : signal) {
    for (const float sample : channel) peak = std::max(peak, std::abs(double{sample}));
  }
  return peak;
}

double Difference(const Signal& a, const Signal& b) {
  double greatest = 0;
  for (std::size_t c = 0; c < a.size(); ++c) {
    for (std::size_t i = 0; i < std::min(a[c].size(), b[c].size()); ++i) {
      greatest = std::max(greatest, std::abs(double{a[c][i]} - double{b[c][i]}));
    }
  }
  return greatest / std::max({Peak(a), Peak(b), 1e-9});
}

Signal Head(const Signal& signal, std::size_t frames) {
  Signal head;
  for (const auto& channel : signal) {
    head.emplace_back(channel.begin(), channel.begin() + static_cast<std::ptrdiff_t>(frames));
  }
  return head;
}

Signal Tail(const Signal& signal, std::size_t skip) {
  Signal tail;
  for (const auto& channel : signal) {
    tail.emplace_back(channel.begin() + static_cast<std::ptrdiff_t>(skip), channel.end());
  }
  return tail;
}

Player::Player(Model& model, const std::vector<float>& parameters)
    : model_(model), maximum_(model.description().maximum_block_frames) {
  for (const float value : parameters) rows_.emplace_back(maximum_, value);
  for (const auto& row : rows_) row_pointers_.push_back(row.data());
}

absl::Status Player::Begin() {
  auto state = model_.CreateState();
  if (!state.ok()) return state.status();
  state_ = *std::move(state);
  return absl::OkStatus();
}

absl::Status Player::Play(const Signal& in, std::uint32_t block_frames, Signal* out,
                          double* dearest) {
  const Description& description = model_.description();
  const std::size_t start = out->empty() ? 0 : out->front().size();
  const std::size_t frames = in.front().size();
  out->resize(description.output_channels);
  for (auto& channel : *out) channel.resize(start + frames);
  std::vector<const float*> from(in.size());
  std::vector<float*> to(out->size());
  for (std::size_t at = 0; at < frames;) {
    const auto count =
        static_cast<std::uint32_t>(std::min<std::size_t>({block_frames, maximum_, frames - at}));
    for (std::size_t c = 0; c < in.size(); ++c) from[c] = in[c].data() + at;
    for (std::size_t c = 0; c < to.size(); ++c) to[c] = (*out)[c].data() + start + at;
    Block block;
    block.in = from.data();
    block.out = to.data();
    block.parameters = row_pointers_.data();
    block.frames = count;
    const double before = ThreadSeconds();
    if (state_->Process(block) != ProcessError::kNone) {
      return absl::InvalidArgumentError(
          absl::StrCat("the model fails on a block of ", count, " frames"));
    }
    if (dearest != nullptr) *dearest = std::max(*dearest, ThreadSeconds() - before);
    at += count;
  }
  for (const auto& channel : *out) {
    if (!std::all_of(channel.begin() + static_cast<std::ptrdiff_t>(start), channel.end(),
                     [](float sample) { return std::isfinite(sample); })) {
      return absl::InvalidArgumentError("the model's output for noise at -14 dB is not finite");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Signal> Player::PlayAnew(const Signal& in, std::uint32_t block_frames) {
  Signal out;
  absl::Status status = Begin();
  if (status.ok()) status = Play(in, block_frames, &out);
  if (!status.ok()) return status;
  return out;
}

}  // namespace continuo::executor
