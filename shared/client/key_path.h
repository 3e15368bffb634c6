// SPDX-License-Identifier: Apache-2.0
// A stream's two ends of key buses: gives its input to others, and puts another's input behind
// its own channels, where the model listens to it.
//
// Delay: what is heard of another is its block of the period before, always. In which order a
// host calls its effects within a period is not known, and may change from period to period; so
// this is the least delay that is the same each time, and nobody waits for anybody. Of a bus with
// another clock (another program) it is the latest block that is there.
// Silence is the key where there is no bus, no block of that period, or another sample rate.
// In an export the first block waits for the buses, so that it begins with what the song says.
//
// Threads: the constructor any; Offer [control-thread]; the rest [audio-thread].
// Real time: no allocation, lock or system call, but for that wait.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "shared/client/handover.h"
#include "shared/client/stream.h"
#include "shared/ipc/key_bus.h"

namespace continuo::client {

// Of this process: what a bus of its own counts by.
[[nodiscard]] std::uint64_t KeyClock();
// Of a stream on the way to the runner: those of its sound, then those of its key.
[[nodiscard]] std::uint32_t TotalChannels(const StreamConfig& config) noexcept;

class KeyPath {
 public:
  explicit KeyPath(const StreamConfig& config);

  // Null where there is no bus now.
  void OfferSend(std::unique_ptr<ipc::KeyBus> bus) noexcept;
  void OfferTake(std::unique_ptr<ipc::KeyBus> bus) noexcept;
  void Collect() noexcept;

  [[nodiscard]] std::uint32_t sound_channels() const noexcept { return channels_; }
  [[nodiscard]] bool takes() const noexcept { return takes_; }

  // Gives the block away, and takes the one that is due.
  void Exchange(const float* const* in, std::uint32_t frames, const BlockContext& context) noexcept;
  // `rows` of the sound with those of the key behind them; valid until the next call.
  [[nodiscard]] const float* const* WithKey(const float* const* rows) noexcept;
  [[nodiscard]] float* const* WithSpare(float* const* rows) noexcept;

 private:
  struct End {
    std::unique_ptr<ipc::KeyBus> bus;
  };
  void AwaitBuses() noexcept;

  const std::uint32_t channels_;
  const std::uint32_t key_channels_;
  const std::uint32_t maximum_block_frames_;
  const std::uint32_t sample_rate_hz_;
  const bool sends_;
  const bool takes_;
  const std::uint64_t clock_;
  Handover<End> send_;
  Handover<End> take_;
  std::atomic<bool> send_there_{false};
  std::atomic<bool> take_there_{false};
  bool awaited_ = false;
  std::uint64_t last_taken_ = 0;  // of a bus with another clock
  std::vector<float> memory_;     // of the key, then of what comes back in its place
  std::array<float*, ipc::kMaxChannels> key_rows_{};
  std::array<const float*, ipc::kMaxChannels> in_rows_{};
  std::array<float*, ipc::kMaxChannels> out_rows_{};
};

}  // namespace continuo::client
