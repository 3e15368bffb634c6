// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/signal_path.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "daemon/base/clock.h"
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

}  // namespace

absl::StatusOr<std::unique_ptr<SignalPath>> SignalPath::Make(executor::Model& model,
                                                             const SignalPathConfig& config) {
  std::unique_ptr<SignalPath> path(new SignalPath(model, config));
  if (absl::Status made = path->MakeStates(); !made.ok()) return made;
  const executor::Description& description = path->description_;
  if (description.sample_rate_hz == 0 || description.maximum_block_frames == 0) {
    return absl::InvalidArgumentError("the model states no sample rate or no longest block");
  }
  path->maximum_model_frames_ = config.maximum_block_frames;
  path->latency_frames_ =
      ToHostFrames(description.latency_frames, config.sample_rate_hz, description.sample_rate_hz);
  if (description.sample_rate_hz != config.sample_rate_hz) {
    auto converter = RateConverter::Make(config.channels, config.sample_rate_hz,
                                         description.sample_rate_hz, config.maximum_block_frames);
    if (!converter.ok()) return converter.status();
    path->converter_ = *std::move(converter);
    path->latency_frames_ += path->converter_->latency_frames();
    path->maximum_model_frames_ = path->converter_->maximum_model_frames();
  }
  const std::size_t count = config.parameters.size();
  path->parameter_memory_.resize(count * path->maximum_model_frames_);
  path->parameter_chunk_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    path->parameter_rows_.push_back(path->parameter_memory_.data() +
                                    i * path->maximum_model_frames_);
  }
  path->spare_memory_.resize(path->maximum_model_frames_);
  return path;
}

SignalPath::SignalPath(executor::Model& model, const SignalPathConfig& config)
    : model_(model), description_(model.description()), config_(config) {
  for (const ParameterSpec& parameter : config.parameters) {
    const double frames = parameter.smoothing_ms * 0.001 * description_.sample_rate_hz;
    smoothers_.emplace_back(parameter.value, static_cast<std::uint32_t>(std::lround(frames)));
  }
}

absl::Status SignalPath::MakeStates() {
  const bool once_a_channel = description_.input_channels == 1 && description_.output_channels == 1;
  const bool all_at_once = description_.input_channels == config_.channels &&
                           description_.output_channels == config_.channels;
  const bool stereo_in_mono = config_.channels == 1 && description_.input_channels == 2 &&
                              description_.output_channels == 2;
  if (!once_a_channel && !all_at_once && !stereo_in_mono) {
    return absl::InvalidArgumentError(
        absl::StrCat("the model takes ", description_.input_channels, " channels and gives ",
                     description_.output_channels, ", the stream has ", config_.channels));
  }
  const std::uint32_t count = once_a_channel ? config_.channels : 1;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto state = model_.CreateState();
    if (!state.ok()) return state.status();
    states_.push_back(*std::move(state));
  }
  return absl::OkStatus();
}

bool SignalPath::Process(float* const* in, float* const* out, std::uint32_t frames,
                         std::span<const ipc::ParameterEvent> events) noexcept {
  for (std::uint32_t channel = 0; channel < config_.channels; ++channel) {
    if (audio::AllFinite(in[channel], frames)) continue;
    for (std::uint32_t i = 0; i < frames; ++i) {
      if (!std::isfinite(in[channel][i])) {
        in[channel][i] = 0.0F;
        ++non_finite_samples_;
      }
    }
  }
  block_frames_ = frames;
  events_ = events;
  const auto run = [this](const float* const* model_in, float* const* model_out,
                          std::uint32_t model_frames) noexcept {
    return RunModel(model_in, model_out, model_frames);
  };
  const bool ran = converter_ ? converter_->Process(in, out, frames, run) : run(in, out, frames);
  // Where the block gave no frame at the model's rate, its events are still due.
  for (const ipc::ParameterEvent& event : events_) SetParameter(event.parameter, event.value);
  events_ = {};
  at_rest_ = false;
  // A recurrent state that is not a number stays so for ever.
  if (!ran || !AllFinite(out, config_.channels, frames)) Reset();
  return ran;
}

bool SignalPath::RunModel(const float* const* in, float* const* out,
                          std::uint32_t frames) noexcept {
  RenderParameters(frames);
  std::array<const float*, ipc::kMaxChannels> chunk_in{};
  std::array<float*, ipc::kMaxChannels> chunk_out{};
  for (std::uint32_t done = 0; done < frames;) {
    const std::uint32_t length = std::min(frames - done, description_.maximum_block_frames);
    for (std::uint32_t channel = 0; channel < config_.channels; ++channel) {
      chunk_in[channel] = in[channel] + done;
      chunk_out[channel] = out[channel] + done;
    }
    for (std::size_t i = 0; i < parameter_rows_.size(); ++i) {
      parameter_chunk_[i] = parameter_rows_[i] + done;
    }
    if (!RunChunk(chunk_in.data(), chunk_out.data(), length)) return false;
    done += length;
  }
  return true;
}

bool SignalPath::RunChunk(const float* const* in, float* const* out,
                          std::uint32_t frames) noexcept {
  using executor::ProcessError;
  const float* const* parameters = parameter_chunk_.data();
  if (states_.size() == config_.channels && description_.input_channels == 1) {
    std::array<executor::State*, ipc::kMaxChannels> states{};
    std::array<executor::Block, ipc::kMaxChannels> blocks{};
    for (std::uint32_t channel = 0; channel < config_.channels; ++channel) {
      states[channel] = states_[channel].get();
      blocks[channel] = {in + channel, out + channel, parameters, frames};
    }
    return model_.ProcessTogether(states.data(), blocks.data(), config_.channels) ==
           ProcessError::kNone;
  }
  if (description_.input_channels == config_.channels) {
    return states_[0]->Process({in, out, parameters, frames}) == ProcessError::kNone;
  }
  const std::array<const float*, 2> both_in{in[0], in[0]};
  const std::array<float*, 2> both_out{out[0], spare_memory_.data()};
  if (states_[0]->Process({both_in.data(), both_out.data(), parameters, frames}) !=
      ProcessError::kNone) {
    return false;
  }
  for (std::uint32_t i = 0; i < frames; ++i) out[0][i] = 0.5F * (out[0][i] + spare_memory_[i]);
  return true;
}

// One value a frame at the model's rate; events take effect at their frame.
void SignalPath::RenderParameters(std::uint32_t model_frames) noexcept {
  std::uint32_t rendered = 0;
  const auto render_to = [&](std::uint32_t end) {
    for (std::size_t i = 0; i < smoothers_.size(); ++i) {
      smoothers_[i].Render(parameter_rows_[i] + rendered, end - rendered);
    }
    rendered = end;
  };
  for (const ipc::ParameterEvent& event : events_) {
    const auto frame =
        static_cast<std::uint32_t>(std::uint64_t{event.frame} * model_frames / block_frames_);
    if (frame > rendered) {
      render_to(frame);
      at_rest_ = false;
    }
    SetParameter(event.parameter, event.value);
  }
  events_ = {};
  render_to(model_frames);
}

void SignalPath::SetParameter(std::uint32_t index, float value) noexcept {
  if (index >= smoothers_.size() || !std::isfinite(value)) return;
  const ParameterSpec& spec = config_.parameters[index];
  const float bounded = std::clamp(value, spec.minimum, spec.maximum);
  if (at_rest_) {
    smoothers_[index].Snap(bounded);
  } else {
    smoothers_[index].SetTarget(bounded);
  }
}

void SignalPath::Reset() noexcept {
  for (auto& state : states_) state->Reset();
  if (converter_) converter_->Reset();
  at_rest_ = true;
}

absl::StatusOr<double> SignalPath::WarmUpUs() {
  constexpr int kTrials = 24;
  constexpr std::uint64_t kLongestNs = 400'000'000;
  const std::uint32_t longest = config_.maximum_block_frames;
  std::minstd_rand random(1);
  std::uniform_real_distribution<float> level(-0.1F, 0.1F);
  std::vector<float> memory(std::size_t{2} * config_.channels * longest);
  std::vector<float*> in, out;
  for (std::uint32_t channel = 0; channel < config_.channels; ++channel) {
    in.push_back(memory.data() + std::size_t{2} * channel * longest);
    out.push_back(in.back() + longest);
  }
  for (float& sample : memory) sample = level(random);
  std::vector<double> times_us;
  const std::uint64_t begin_ns = base::MonotonicNs();
  for (int trial = 0; trial < kTrials; ++trial) {
    // A few odd lengths first, so that no shape is met for the first time in play.
    const std::uint32_t frames =
        trial < 4 ? std::max(1U, longest >> static_cast<unsigned>(trial + 1)) : longest;
    const std::uint64_t start_ns = base::MonotonicNs();
    if (!Process(in.data(), out.data(), frames, {})) {
      return absl::InternalError("the model failed on its first blocks of sound");
    }
    const std::uint64_t now_ns = base::MonotonicNs();
    if (frames == longest) times_us.push_back(static_cast<double>(now_ns - start_ns) / 1000.0);
    if (trial >= 8 && now_ns - begin_ns > kLongestNs) break;
  }
  Reset();
  non_finite_samples_ = 0;
  // The least is the model's own cost; what else ran on the machine made the others.
  return *std::min_element(times_us.begin(), times_us.end());
}

}  // namespace continuo::stream
