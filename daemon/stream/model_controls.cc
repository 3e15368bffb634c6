// SPDX-License-Identifier: Apache-2.0
#include "daemon/stream/model_controls.h"

#include <algorithm>
#include <cmath>

namespace continuo::stream {
namespace {

void NoteHeld(const ipc::MidiEvent& event, std::bitset<16 * 128>* held) noexcept {
  if (event.size < 3) return;
  const std::uint32_t kind = event.data[0] >> 4U;
  const std::uint32_t channel = event.data[0] & 15U;
  const std::uint32_t key = event.data[1] & 127U;
  constexpr std::uint32_t kNoteOff = 8, kNoteOn = 9, kControl = 11;
  if (kind == kNoteOn) held->set(channel * 128 + key, event.data[2] != 0);
  if (kind == kNoteOff) held->reset(channel * 128 + key);
  // All sound off, all notes off.
  if (kind == kControl && (key == 120 || key == 123)) {
    for (std::uint32_t i = 0; i < 128; ++i) held->reset(channel * 128 + i);
  }
}

}  // namespace

ModelControls::ModelControls(const ControlsConfig& config)
    : config_(config), transport_(config.model_rate_hz), values_(config.parameters) {
  const std::size_t frames = config.maximum_block_frames;
  row_memory_.resize(config.parameters.size() * frames);
  for (std::uint32_t i = 0; i < values_.count(); ++i) {
    const double ramp_frames = values_.spec(i).smoothing_ms * 0.001 * config.model_rate_hz;
    smoothers_.emplace_back(values_.Effective(i),
                            static_cast<std::uint32_t>(std::lround(ramp_frames)));
    if (!values_.spec(i).targets.empty()) continue;
    given_.push_back(i);
    rows_.push_back(row_memory_.data() + rows_.size() * frames);
  }
}

std::uint64_t ModelControls::ToModelFrame(std::uint64_t host_frame) const noexcept {
  if (config_.host_rate_hz == config_.model_rate_hz) return host_frame;
  return (host_frame * config_.model_rate_hz + config_.host_rate_hz / 2) / config_.host_rate_hz;
}

void ModelControls::Note(std::uint32_t frames, const BlockEvents& events) noexcept {
  if (config_.wants_transport && events.transport != nullptr) {
    transport_.NoteUntrusted(ToModelFrame(host_frames_), *events.transport);
  }
  for (const ipc::ParameterEvent& event : events.parameters) {
    PushParameter(ToModelFrame(host_frames_ + event.frame), event.parameter, event.value);
  }
  if (config_.wants_midi) {
    for (const ipc::MidiEvent& event : events.midi) {
      PushMidi(ToModelFrame(host_frames_ + event.frame), event);
    }
  }
  host_frames_ += frames;
}

void ModelControls::SetParameter(std::uint32_t index, float value) noexcept {
  PushParameter(ToModelFrame(host_frames_), index, value);
}

void ModelControls::PushParameter(std::uint64_t frame, std::uint32_t index, float value) noexcept {
  if (index >= smoothers_.size() || !std::isfinite(value)) return;
  if (parameter_events_.full()) Apply(parameter_events_.Pop().event);
  parameter_events_.Push(frame, {0, index, value, 0});
}

void ModelControls::PushMidi(std::uint64_t frame, const ipc::MidiEvent& event) noexcept {
  NoteHeld(event, &held_notes_);
  if (midi_events_.full()) {
    if (midi_given_) midi_count_ = 0;
    midi_given_ = false;
    const ipc::MidiEvent early = midi_events_.Pop().event;
    if (midi_count_ < midi_.size()) {
      executor::MidiEvent& to = midi_[midi_count_++];
      to = {0, early.size, {}};
      std::copy_n(early.data, sizeof(to.data), to.data);
    }
  }
  midi_events_.Push(frame, event);
}

void ModelControls::Apply(const ipc::ParameterEvent& event) noexcept {
  values_.Set(event.parameter, event.value);
  const std::vector<MacroTarget>& targets = values_.spec(event.parameter).targets;
  if (targets.empty()) Follow(event.parameter);
  for (const MacroTarget& target : targets) Follow(target.parameter);
}

void ModelControls::Follow(std::uint32_t index) noexcept {
  const float value = values_.Effective(index);
  // Before the first sound there is nothing that could step.
  if (model_frames_ == 0) {
    smoothers_[index].Snap(value);
  } else {
    smoothers_[index].SetTarget(value);
  }
}

std::uint32_t ModelControls::Next(std::uint32_t frames, executor::Block* block) noexcept {
  std::uint32_t length = std::min(frames, config_.maximum_block_frames);
  block->transport = nullptr;
  if (config_.wants_transport) {
    length = transport_.FramesUntilJump(model_frames_, length);
    block->transport = transport_.At(model_frames_);
  }
  const std::uint64_t begin = model_frames_;
  if (config_.wants_midi) CollectMidi(length);
  RenderParameters(length);
  block->frames = length;
  block->parameters = rows_.data();
  block->midi = midi_count_ > 0 ? midi_.data() : nullptr;
  block->midi_count = midi_count_;
  model_frames_ = begin + length;
  return length;
}

void ModelControls::CollectMidi(std::uint32_t frames) noexcept {
  if (midi_given_) midi_count_ = 0;
  while (!midi_events_.empty() && midi_events_[0].frame < model_frames_ + frames &&
         midi_count_ < midi_.size()) {
    const auto entry = midi_events_.Pop();
    executor::MidiEvent& to = midi_[midi_count_++];
    to.frame = static_cast<std::uint32_t>(std::max(entry.frame, model_frames_) - model_frames_);
    to.size = entry.event.size;
    std::copy_n(entry.event.data, sizeof(to.data), to.data);
  }
  midi_given_ = true;
}

// One value a frame; events take effect at their frame. Moves model_frames_ on.
void ModelControls::RenderParameters(std::uint32_t frames) noexcept {
  const std::uint64_t begin = model_frames_;
  std::uint32_t rendered = 0;
  const auto render_to = [&](std::uint32_t end) {
    for (std::size_t i = 0; i < given_.size(); ++i) {
      float* row = row_memory_.data() + i * config_.maximum_block_frames;
      smoothers_[given_[i]].Render(row + rendered, end - rendered);
    }
    rendered = end;
    model_frames_ = begin + end;
  };
  while (!parameter_events_.empty() && parameter_events_[0].frame < begin + frames) {
    const auto entry = parameter_events_.Pop();
    const auto at = static_cast<std::uint32_t>(std::max(entry.frame, begin) - begin);
    if (at > rendered) render_to(at);
    Apply(entry.event);
  }
  render_to(frames);
}

bool ModelControls::moving() const noexcept {
  return !parameter_events_.empty() || !midi_events_.empty() || held_notes_.any() ||
         (config_.wants_transport && transport_.playing()) ||
         std::any_of(smoothers_.begin(), smoothers_.end(),
                     [](const Smoother& smoother) { return smoother.moving(); });
}

void ModelControls::Reset() noexcept {
  host_frames_ = 0;
  model_frames_ = 0;
  while (!parameter_events_.empty()) Apply(parameter_events_.Pop().event);
  for (Smoother& smoother : smoothers_) smoother.Arrive();
  midi_events_.Clear();
  midi_count_ = 0;
  held_notes_.reset();
  transport_.Reset();
}

}  // namespace continuo::stream
