// SPDX-License-Identifier: Apache-2.0
// The runner's side of a segment, under the test's command: result = gain × input + bias,
// the input delayed by `latency_frames` as a model would.
//
// Two ways: Serve() answers on the caller's thread what is there now; Start() does
// so on a thread of its own until Hold(), which returns when that thread has come
// to rest, as a stopped process is.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "shared/ipc/block_ring.h"
#include "shared/ipc/wakeup.h"
#include "tests/unit/rows.h"

namespace continuo::test {

class ScriptedRunner {
 public:
  using Spoil = std::function<void(ipc::OutputBlock*, Rows*)>;

  explicit ScriptedRunner(ipc::Segment& segment, float gain = 1.0F,
                          std::uint32_t latency_frames = 0)
      : segment_(segment),
        channels_(segment.geometry().channels),
        maximum_frames_(segment.geometry().maximum_block_frames),
        gain_(gain),
        latency_frames_(latency_frames),
        in_(channels_, maximum_frames_),
        out_(channels_, maximum_frames_),
        delay_(channels_, latency_frames + maximum_frames_),
        input_(segment, ipc::kMaxParameters),
        output_(segment) {
    for (std::uint32_t channel = 0; channel < channels_; ++channel) {
      storage_.audio[channel] = in_[channel];
    }
  }
  ~ScriptedRunner() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    ipc::Notify(segment_.input_signal());
    if (thread_.joinable()) thread_.join();
  }

  // Changes answers before they go out. Not while the thread runs.
  void SetSpoil(Spoil spoil) { spoil_ = std::move(spoil); }
  void SetGain(float gain) { gain_ = gain; }
  void SetBias(float bias) { bias_ = bias; }
  // Says when input and delay are silent.
  void ReportRest() { reports_rest_ = true; }
  // What the input blocks carried, in order.
  std::vector<ipc::ParameterEvent> parameter_events() const {
    const std::lock_guard lock(taken_mutex_);
    return parameter_events_;
  }
  std::vector<ipc::MidiEvent> midi_events() const {
    const std::lock_guard lock(taken_mutex_);
    return midi_events_;
  }
  std::vector<ipc::ParameterEvent> TakeParameterEvents() {
    const std::lock_guard lock(taken_mutex_);
    return std::exchange(parameter_events_, {});
  }
  std::vector<ipc::InputBlock> blocks() const {
    const std::lock_guard lock(taken_mutex_);
    return blocks_;
  }
  std::uint32_t violations = 0;

  // Answers at most `most` blocks; how many it were.
  std::uint32_t Serve(std::uint32_t most = ~0U) {
    std::uint32_t served = 0;
    while (served < most) {
      const ipc::ReadResult read = input_.ReadUntrusted(&storage_);
      if (read == ipc::ReadResult::kViolation) ++violations;
      if (read == ipc::ReadResult::kEmpty || read == ipc::ReadResult::kBadIndex) break;
      if (read == ipc::ReadResult::kRead) Answer();
      ++served;
    }
    return served;
  }

  void Start() {
    thread_ = std::thread([this] { Run(); });
  }
  void Hold() {
    std::unique_lock lock(mutex_);
    hold_ = true;
    ipc::Notify(segment_.input_signal());
    changed_.wait(lock, [this] { return held_; });
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    hold_ = false;
    changed_.notify_all();
  }

 private:
  void Run() {
    for (;;) {
      const std::uint32_t seen = ipc::Observe(segment_.input_signal());
      {
        std::unique_lock lock(mutex_);
        if (hold_) {
          held_ = true;
          changed_.notify_all();
          changed_.wait(lock, [this] { return !hold_ || stopping_; });
          held_ = false;
        }
        if (stopping_) return;
      }
      if (Serve() == 0) {
        ipc::WaitUntil(segment_.input_signal(), seen, ipc::MonotonicNs() + 100'000'000, 0);
      }
    }
  }

  void Answer() {
    const std::uint32_t frames = storage_.block.frames;
    bool silent = true;
    for (std::uint32_t channel = 0; channel < channels_; ++channel) {
      float* delay = delay_[channel];
      for (std::uint32_t i = 0; i < frames; ++i) {
        delay[latency_frames_ + i] = gain_ * in_[channel][i];
      }
      for (std::uint32_t i = 0; i < frames; ++i) out_[channel][i] = delay[i] + bias_;
      silent = silent && std::all_of(delay, delay + latency_frames_ + frames,
                                     [](float sample) { return sample == 0.0F; });
      std::copy_n(delay + frames, latency_frames_, delay);
    }
    Take();
    ipc::OutputBlock answer{};
    answer.sequence = storage_.block.sequence;
    answer.position = storage_.block.position;
    answer.frames = frames;
    if (reports_rest_ && silent) answer.flags |= ipc::kOutputAtRest;
    if (spoil_) spoil_(&answer, &out_);
    answer.published_ns = ipc::MonotonicNs();
    static_cast<void>(output_.TryWrite(answer, out_.From()));
    ipc::Notify(segment_.output_signal());
  }

  // The client and its runner map the segment each for itself, so what orders them there is
  // nothing that a sanitizer knows.
  void Take() {
    const std::lock_guard lock(taken_mutex_);
    const auto& events = storage_.parameter_events;
    parameter_events_.insert(parameter_events_.end(), events,
                             events + storage_.block.parameter_event_count);
    midi_events_.insert(midi_events_.end(), storage_.midi_events,
                        storage_.midi_events + storage_.block.midi_event_count);
    blocks_.push_back(storage_.block);
  }

  ipc::Segment& segment_;
  const std::uint32_t channels_;
  const std::uint32_t maximum_frames_;
  float gain_;
  float bias_ = 0.0F;
  bool reports_rest_ = false;
  const std::uint32_t latency_frames_;
  Rows in_, out_, delay_;
  ipc::InputConsumer input_;
  ipc::OutputProducer output_;
  ipc::InputStorage storage_{};
  Spoil spoil_;
  mutable std::mutex taken_mutex_;
  std::vector<ipc::ParameterEvent> parameter_events_;
  std::vector<ipc::MidiEvent> midi_events_;
  std::vector<ipc::InputBlock> blocks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hold_ = false;
  bool held_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace continuo::test
