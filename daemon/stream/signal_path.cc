// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/signal_path.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "shared/audio/finite.h"

namespace continuo::stream {
namespace {

// The delay of a model of another rate, to the nearest frame.
std::uint32_t ToHostFrames(std::uint32_t model_frames, std::uint32_t host_rate_hz,
                           std::uint32_t model_rate_hz) {
  return static_cast<std::uint32_t>(
      std::lround(static_cast<double>(model_frames) * host_rate_hz / model_rate_hz));
}

bool AllFinite(const float* const* audio, std::uint32_t channels, std::uint32_t frames) noexcept {
  // A sum of x*0 is 0 unless one of them is not finite.
  float sum = 0.0F;
  for (std::uint32_t channel = 0; channel < channels; ++channel) {
    for (std::uint32_t i = 0; i < frames; ++i) sum += audio[channel][i] * 0.0F;
  }
  return sum == 0.0F;
}

std::uint32_t SoundChannels(const SignalPathConfig& config) {
  return config.channels - config.key_channels;
}

// A model that takes one channel, beside a key.
bool IsMono(const executor::Description& description, const SignalPathConfig& config) {
  return description.input_channels == 1 + config.model_key_channels &&
         description.output_channels == 1;
}

bool IsMid(const executor::Description& description, const SignalPathConfig& config) {
  return config.mid && SoundChannels(config) > 1 && IsMono(description, config);
}

std::uint32_t RowsOfSound(const executor::Description& description,
                          const SignalPathConfig& config) {
  return IsMid(description, config) ? 1 : SoundChannels(config);
}

std::uint32_t RowsOfKey(const executor::Description& description, const SignalPathConfig& config) {
  if (config.model_key_channels == 0) return 0;
  return IsMid(description, config) ? std::min(config.key_channels, 1U) : config.key_channels;
}

// What a manifest says of the tail is its author's word: silence has to last this long anyway.
std::uint64_t SettlingFrames(const SignalPathConfig& config) {
  constexpr double kLeastMs = 500;
  return static_cast<std::uint64_t>(std::max(kLeastMs, config.tail_ms) * 0.001 *
                                    config.sample_rate_hz);
}

// The mean of all rows into the first.
void MixToFirst(float* const* rows, std::uint32_t channels, std::uint32_t frames) noexcept {
  const float share = 1.0F / static_cast<float>(channels);
  for (std::uint32_t channel = 1; channel < channels; ++channel) {
    for (std::uint32_t i = 0; i < frames; ++i) rows[0][i] += rows[channel][i];
  }
  for (std::uint32_t i = 0; i < frames; ++i) rows[0][i] *= share;
}

}  // namespace

struct SignalPath::Calls {
  static constexpr std::size_t kMost =
      std::max<std::size_t>(ipc::kMaxChannels, executor::kMaxStatesTogether);
  bool Run(executor::Model& model) noexcept {
    return model.ProcessTogether(states.data(), blocks.data(), count) ==
           executor::ProcessError::kNone;
  }
  std::array<std::array<const float*, 2>, kMost> inputs;  // sound and key
  std::array<executor::State*, kMost> states;
  std::array<executor::Block, kMost> blocks;
  std::uint32_t count = 0;
};

absl::StatusOr<std::unique_ptr<SignalPath>> SignalPath::Make(executor::Model& model,
                                                             const SignalPathConfig& config) {
  const executor::Description& description = model.description();
  if (description.sample_rate_hz == 0 || description.maximum_block_frames == 0) {
    return absl::InvalidArgumentError("the model states no sample rate or no longest block");
  }
  std::unique_ptr<RateConverter> converter;
  if (description.sample_rate_hz != config.sample_rate_hz) {
    auto made = RateConverter::Make(
        RowsOfSound(description, config) + RowsOfKey(description, config), config.sample_rate_hz,
        description.sample_rate_hz, config.maximum_block_frames);
    if (!made.ok()) return made.status();
    converter = *std::move(made);
  }
  std::unique_ptr<SignalPath> path(new SignalPath(model, config, std::move(converter)));
  if (absl::Status made = path->MakeStates(); !made.ok()) return made;
  return path;
}

SignalPath::SignalPath(executor::Model& model, const SignalPathConfig& config,
                       std::unique_ptr<RateConverter> converter)
    : model_(model),
      description_(model.description()),
      config_(config),
      sound_channels_(SoundChannels(config)),
      channels_(RowsOfSound(description_, config)),
      key_channels_(RowsOfKey(description_, config)),
      converter_(std::move(converter)),
      latency_frames_(ToHostFrames(description_.latency_frames, config.sample_rate_hz,
                                   description_.sample_rate_hz) +
                      (converter_ ? converter_->latency_frames() : 0)),
      maximum_model_frames_(converter_ ? converter_->maximum_model_frames()
                                       : config.maximum_block_frames),
      controls_({config.sample_rate_hz, description_.sample_rate_hz,
                 std::min(description_.maximum_block_frames, maximum_model_frames_),
                 config.wants_transport, config.wants_midi, config.parameters}),
      rest_detector_(config.channels, SettlingFrames(config) + latency_frames_,
                     converter_ != nullptr),
      spare_memory_(maximum_model_frames_) {}

absl::Status SignalPath::MakeStates() {
  const bool once_a_channel = IsMono(description_, config_);
  const bool all_at_once =
      description_.input_channels == channels_ && description_.output_channels == channels_;
  const bool stereo_in_mono =
      channels_ == 1 && description_.input_channels == 2 && description_.output_channels == 2;
  const bool keyed = config_.model_key_channels > 0;  // which only a mono model may be
  if (!once_a_channel && (keyed || (!all_at_once && !stereo_in_mono))) {
    return absl::InvalidArgumentError(
        absl::StrCat("the model takes ", description_.input_channels, " channels and gives ",
                     description_.output_channels, ", the stream has ", sound_channels_));
  }
  const std::uint32_t count = once_a_channel ? channels_ : 1;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto state = model_.CreateState();
    if (!state.ok()) return state.status();
    states_.push_back(*std::move(state));
  }
  return absl::OkStatus();
}

bool SignalPath::Process(float* const* in, float* const* out, std::uint32_t frames,
                         const BlockEvents& events) noexcept {
  Begin(in, out, frames, events);
  ran_ = RunAlone();
  return End();
}

void SignalPath::Begin(float* const* in, float* const* out, std::uint32_t frames,
                       const BlockEvents& events) noexcept {
  for (std::uint32_t channel = 0; channel < config_.channels; ++channel) {
    if (audio::AllFinite(in[channel], frames)) continue;
    for (std::uint32_t i = 0; i < frames; ++i) {
      if (!std::isfinite(in[channel][i])) {
        in[channel][i] = 0.0F;
        ++non_finite_samples_;
      }
    }
  }
  silent_ = IsSilent(in, config_.channels, frames);
  if (channels_ < sound_channels_) {
    MixToFirst(in, sound_channels_, frames);
    if (key_channels_ > 0) MixToFirst(in + sound_channels_, config_.key_channels, frames);
  }
  for (std::uint32_t row = 0; row < channels_ + key_channels_; ++row) {
    const std::uint32_t channel = row < channels_ ? row : sound_channels_ + row - channels_;
    in_rows_[row] = in[channel];
    out_rows_[row] = out[channel];
  }
  out_ = out;
  frames_ = frames;
  controls_.Note(frames, events);
}

void SignalPath::Run(std::span<SignalPath* const> paths) noexcept {
  if (paths.size() == 1) {
    paths[0]->ran_ = paths[0]->RunAlone();
    return;
  }
  Calls calls;
  for (SignalPath* path : paths) {
    executor::Block block;
    path->controls_.Next(path->frames_, &block);  // all of them, as together() knows
    path->AddCalls(path->in_rows_.data(), path->out_rows_.data(), block, &calls);
  }
  const bool ran = calls.Run(paths[0]->model_);
  for (SignalPath* path : paths) path->ran_ = ran;
}

bool SignalPath::RunAlone() noexcept {
  const auto run = [this](const float* const* model_in, float* const* model_out,
                          std::uint32_t model_frames) noexcept {
    return RunModel(model_in, model_out, model_frames);
  };
  return converter_ ? converter_->Process(in_rows_.data(), out_rows_.data(), frames_, run)
                    : run(in_rows_.data(), out_rows_.data(), frames_);
}

bool SignalPath::End() noexcept {
  for (std::uint32_t channel = channels_; channel < sound_channels_; ++channel) {
    std::copy_n(out_[0], frames_, out_[channel]);
  }
  for (std::uint32_t channel = sound_channels_; channel < config_.channels; ++channel) {
    std::fill_n(out_[channel], frames_, 0.0F);
  }
  // A recurrent state that is not a number stays so for ever.
  if (!ran_ || !AllFinite(out_, channels_, frames_)) {
    Reset();
  } else {
    rest_detector_.Note(silent_, out_, frames_);
  }
  return ran_;
}

Together SignalPath::together() const noexcept {
  // Not where a block of the stream may be more than one of the model.
  const bool whole = converter_ == nullptr && !config_.wants_transport &&
                     config_.maximum_block_frames <= description_.maximum_block_frames;
  const auto states = static_cast<std::uint32_t>(states_.size());
  const std::uint32_t most = std::min(model_.states_together(), executor::kMaxStatesTogether);
  if (!whole || !IsMono(description_, config_) || 2 * states > most) return {};
  return {&model_, states, most};
}

bool SignalPath::RunModel(const float* const* in, float* const* out,
                          std::uint32_t frames) noexcept {
  std::array<const float*, ipc::kMaxChannels> chunk_in{};
  std::array<float*, ipc::kMaxChannels> chunk_out{};
  for (std::uint32_t done = 0; done < frames;) {
    executor::Block block;
    const std::uint32_t length = controls_.Next(frames - done, &block);
    for (std::uint32_t row = 0; row < channels_ + key_channels_; ++row) {
      chunk_in[row] = in[row] + done;
      chunk_out[row] = out[row] + done;
    }
    for (std::uint32_t row = channels_; row < channels_ + key_channels_; ++row) {
      std::fill_n(chunk_out[row], length, 0.0F);  // on its way to the resampler
    }
    if (!RunChunk(chunk_in.data(), chunk_out.data(), block)) return false;
    done += length;
  }
  return true;
}

// Of a mono model, one a channel. `block` has everything but the audio; `out` outlives the calls.
void SignalPath::AddCalls(const float* const* in, float* const* out, const executor::Block& block,
                          Calls* calls) noexcept {
  for (std::uint32_t channel = 0; channel < channels_; ++channel, ++calls->count) {
    const std::uint32_t key = channels_ + std::min(channel, std::max(key_channels_, 1U) - 1);
    auto& inputs = calls->inputs[calls->count];
    inputs = {in[channel], key_channels_ > 0 ? in[key] : in[channel]};
    calls->states[calls->count] = states_[channel].get();
    executor::Block& call = calls->blocks[calls->count];
    call = block;
    call.in = inputs.data();
    call.out = out + channel;
  }
}

// `block` has everything but the audio.
bool SignalPath::RunChunk(const float* const* in, float* const* out,
                          executor::Block block) noexcept {
  if (IsMono(description_, config_)) {
    Calls calls;
    AddCalls(in, out, block, &calls);
    return calls.Run(model_);
  }
  using executor::ProcessError;
  block.in = in;
  block.out = out;
  if (description_.input_channels == channels_) {
    return states_[0]->Process(block) == ProcessError::kNone;
  }
  const std::array<const float*, 2> both_in{in[0], in[0]};
  const std::array<float*, 2> both_out{out[0], spare_memory_.data()};
  block.in = both_in.data();
  block.out = both_out.data();
  if (states_[0]->Process(block) != ProcessError::kNone) return false;
  for (std::uint32_t i = 0; i < block.frames; ++i) {
    out[0][i] = 0.5F * (out[0][i] + spare_memory_[i]);
  }
  return true;
}

void SignalPath::Reset() noexcept {
  for (auto& state : states_) state->Reset();
  if (converter_) converter_->Reset();
  controls_.Reset();
  rest_detector_.Restart();
}

}  // namespace continuo::stream
