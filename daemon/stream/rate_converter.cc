// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/rate_converter.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace continuo::stream {
namespace {

constexpr int kQuality = SRC_SINC_MEDIUM_QUALITY;

}  // namespace

absl::StatusOr<Resampler> Resampler::Make(std::uint32_t channels, double ratio,
                                          std::uint32_t maximum_input_frames) {
  Resampler resampler;
  int error = 0;
  resampler.state_.reset(src_new(kQuality, static_cast<int>(channels), &error));
  if (resampler.state_ == nullptr) {
    return absl::InternalError(absl::StrCat("libsamplerate: ", src_strerror(error)));
  }
  if (src_is_valid_ratio(ratio) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("a ratio of sample rates of ", ratio, " is beyond 1/256 to 256"));
  }
  // Else the ratio would glide from 1 during the first block.
  src_set_ratio(resampler.state_.get(), ratio);
  resampler.channels_ = channels;
  resampler.ratio_ = ratio;
  resampler.maximum_output_frames_ =
      static_cast<std::uint32_t>(std::ceil(maximum_input_frames * ratio)) + 8;
  resampler.interleaved_in_.resize(std::size_t{channels} * maximum_input_frames);
  resampler.interleaved_out_.resize(std::size_t{channels} * resampler.maximum_output_frames_);
  return resampler;
}

std::uint32_t Resampler::Process(const float* const* in, std::uint32_t frames,
                                 float* const* out) noexcept {
  for (std::uint32_t channel = 0; channel < channels_; ++channel) {
    for (std::uint32_t i = 0; i < frames; ++i) {
      interleaved_in_[std::size_t{i} * channels_ + channel] = in[channel][i];
    }
  }
  std::uint32_t made = 0;
  std::uint32_t used = 0;
  while (used < frames) {
    SRC_DATA data{};
    data.data_in = interleaved_in_.data() + std::size_t{used} * channels_;
    data.input_frames = static_cast<long>(frames - used);
    data.data_out = interleaved_out_.data() + std::size_t{made} * channels_;
    data.output_frames = static_cast<long>(maximum_output_frames_ - made);
    data.src_ratio = ratio_;
    if (src_process(state_.get(), &data) != 0) break;
    if (data.input_frames_used == 0 && data.output_frames_gen == 0) break;
    used += static_cast<std::uint32_t>(data.input_frames_used);
    made += static_cast<std::uint32_t>(data.output_frames_gen);
  }
  for (std::uint32_t channel = 0; channel < channels_; ++channel) {
    for (std::uint32_t i = 0; i < made; ++i) {
      out[channel][i] = interleaved_out_[std::size_t{i} * channels_ + channel];
    }
  }
  return made;
}

absl::StatusOr<std::unique_ptr<RateConverter>> RateConverter::Make(
    std::uint32_t channels, std::uint32_t host_rate_hz, std::uint32_t model_rate_hz,
    std::uint32_t maximum_block_frames) {
  const double ratio = static_cast<double>(model_rate_hz) / host_rate_hz;
  auto down = Resampler::Make(channels, ratio, maximum_block_frames);
  if (!down.ok()) return down.status();
  auto up = Resampler::Make(channels, 1.0 / ratio, down->maximum_output_frames());
  if (!up.ok()) return up.status();
  std::unique_ptr<RateConverter> converter(
      new RateConverter(*std::move(down), *std::move(up), channels, maximum_block_frames));
  converter->latency_frames_ = converter->MeasureHeldBackFrames();
  converter->Reset();
  return converter;
}

RateConverter::RateConverter(Resampler down, Resampler up, std::uint32_t channels,
                             std::uint32_t maximum_block_frames)
    : down_(std::move(down)),
      up_(std::move(up)),
      channels_(channels),
      maximum_block_frames_(maximum_block_frames) {
  // Room in the queue for what a long trial shows to be held back, and a block.
  constexpr std::uint32_t kQueueFrames = 8192;
  const std::uint32_t model_frames = down_.maximum_output_frames();
  const std::uint32_t host_frames = up_.maximum_output_frames();
  const std::uint32_t queue_frames = kQueueFrames + 2 * host_frames;
  memory_.resize(std::size_t{channels} * (2 * model_frames + host_frames + queue_frames));
  float* next = memory_.data();
  const auto lay_out = [&](std::vector<float*>* rows, std::uint32_t frames) {
    for (std::uint32_t channel = 0; channel < channels; ++channel) {
      rows->push_back(next);
      next += frames;
    }
  };
  lay_out(&model_in_rows_, model_frames);
  lay_out(&model_out_rows_, model_frames);
  lay_out(&host_rows_, host_frames);
  lay_out(&queue_rows_, queue_frames);
}

void RateConverter::Reset() noexcept {
  down_.Reset();
  up_.Reset();
  queued_frames_ = latency_frames_;
  for (float* row : queue_rows_) std::fill_n(row, latency_frames_, 0.0F);
}

// What the pair holds back at most, over a second of silence in blocks of many lengths.
std::uint32_t RateConverter::MeasureHeldBackFrames() {
  constexpr std::uint32_t kTrialFrames = 65536;
  std::int64_t taken = 0;
  std::int64_t given = 0;
  std::int64_t held_back = 0;
  std::uint32_t length = 1;
  for (float* row : host_rows_) std::fill_n(row, up_.maximum_output_frames(), 0.0F);
  const std::vector<float> silence(maximum_block_frames_, 0.0F);
  const std::vector<const float*> in(channels_, silence.data());
  while (taken < kTrialFrames) {
    length = std::min((length * 7 + 3) % (maximum_block_frames_ + 1) + 1, maximum_block_frames_);
    const std::uint32_t model_frames = down_.Process(in.data(), length, model_in_rows_.data());
    if (model_frames > 0) {
      given += up_.Process(model_in_rows_.data(), model_frames, host_rows_.data());
    }
    taken += length;
    held_back = std::max(held_back, taken - given);
  }
  // One frame at the lower of both rates may fall to this side or that.
  const auto step =
      static_cast<std::int64_t>(std::ceil(static_cast<double>(up_.maximum_output_frames()) /
                                          std::max(1U, down_.maximum_output_frames())));
  return static_cast<std::uint32_t>(held_back + step + 1);
}

void RateConverter::Finish(std::uint32_t model_frames, float* const* out,
                           std::uint32_t frames) noexcept {
  if (model_frames > 0) {
    const std::uint32_t made = up_.Process(model_out_rows_.data(), model_frames, host_rows_.data());
    for (std::uint32_t channel = 0; channel < channels_; ++channel) {
      std::copy_n(host_rows_[channel], made, queue_rows_[channel] + queued_frames_);
    }
    queued_frames_ += made;
  }
  const std::uint32_t ready = std::min(frames, queued_frames_);
  missing_frames_ += frames - ready;
  for (std::uint32_t channel = 0; channel < channels_; ++channel) {
    float* queue = queue_rows_[channel];
    std::copy_n(queue, ready, out[channel]);
    std::fill(out[channel] + ready, out[channel] + frames, 0.0F);
    std::copy(queue + ready, queue + queued_frames_, queue);
  }
  queued_frames_ -= ready;
}

}  // namespace continuo::stream
