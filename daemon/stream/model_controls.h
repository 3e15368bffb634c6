// SPDX-License-Identifier: Apache-2.0
// All that a model is told beside its audio: parameters, MIDI, transport, each at its frame.
//
// Problem: events come with the host's blocks, at the host's rate; the model meets the same
// moment later, at its own rate and in blocks of its own.
// Time: frame k of the model stands for the moment of k / model rate since the path was at rest;
// an event takes effect at the frame nearest to its moment.
// Threads: made on any thread, then [audio-thread]. Real time: fixed memory. Where a client sends
// more events than can wait, the oldest take effect early; MIDI beyond that is dropped.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/executor/executor.h"
#include "daemon/stream/parameter_values.h"
#include "daemon/stream/smoother.h"
#include "daemon/stream/timed_queue.h"
#include "daemon/stream/transport_track.h"
#include "shared/ipc/segment_layout.h"

namespace continuo::stream {

// What comes with a block of the host. Frames are in order and below the block's, as ipc checks.
struct BlockEvents {
  std::span<const ipc::ParameterEvent> parameters{};
  std::span<const ipc::MidiEvent> midi{};
  const ipc::Transport* transport = nullptr;  // at the block's first frame
};

struct ControlsConfig {
  std::uint32_t host_rate_hz = 0;
  std::uint32_t model_rate_hz = 0;
  std::uint32_t maximum_block_frames = 0;  // of the model
  bool wants_transport = false;
  bool wants_midi = false;
  std::vector<ParameterSpec> parameters;
};

class ModelControls {
 public:
  explicit ModelControls(const ControlsConfig& config);

  // The next block of the host.
  void Note(std::uint32_t frames, const BlockEvents& events) noexcept;
  // From the next frame of the host on. Index and value are checked.
  void SetParameter(std::uint32_t index, float value) noexcept;

  // The model's next block, of `frames` frames at most: returns its length and fills in
  // everything of `block` but the audio. What it points to is valid until the next call.
  std::uint32_t Next(std::uint32_t frames, executor::Block* block) noexcept;

  // Something will change without another event: a ramp, a note that is held, a song that plays.
  [[nodiscard]] bool moving() const noexcept;
  // To the beginning of time; parameters are where they were going.
  void Reset() noexcept;

 private:
  static constexpr std::uint32_t kMaxWaiting = 1024;

  [[nodiscard]] std::uint64_t ToModelFrame(std::uint64_t host_frame) const noexcept;
  void PushParameter(std::uint64_t frame, std::uint32_t index, float value) noexcept;
  void PushMidi(std::uint64_t frame, const ipc::MidiEvent& event) noexcept;
  void Apply(const ipc::ParameterEvent& event) noexcept;
  void Follow(std::uint32_t index) noexcept;
  void RenderParameters(std::uint32_t frames) noexcept;
  void CollectMidi(std::uint32_t frames) noexcept;

  const ControlsConfig config_;
  std::uint64_t host_frames_ = 0;   // noted
  std::uint64_t model_frames_ = 0;  // given
  TimedQueue<ipc::ParameterEvent, kMaxWaiting> parameter_events_;
  TimedQueue<ipc::MidiEvent, kMaxWaiting> midi_events_;
  TransportTrack transport_;
  ParameterValues values_;
  std::vector<std::uint32_t> given_;  // the parameters that the model gets
  std::vector<Smoother> smoothers_;   // one a parameter; a macro's stands still
  std::vector<float> row_memory_;
  std::vector<const float*> rows_;                       // one of given_
  std::array<executor::MidiEvent, kMaxWaiting> midi_{};  // of the model's block
  std::uint32_t midi_count_ = 0;
  bool midi_given_ = false;           // what is in midi_ is of the last block
  std::bitset<16 * 128> held_notes_;  // channel · 128 + key
};

}  // namespace continuo::stream
