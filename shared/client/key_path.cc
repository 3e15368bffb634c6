// SPDX-License-Identifier: Apache-2.0
#include "shared/client/key_path.h"

#include <algorithm>
#include <random>
#include <utility>

#include "shared/ipc/wakeup.h"

namespace continuo::client {
namespace {

constexpr std::uint64_t kPatienceNs = 10'000'000'000;
constexpr std::uint64_t kLookNs = 500'000;

}  // namespace

std::uint64_t KeyClock() {
  static const std::uint64_t clock = [] {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
  }();
  return clock;
}

std::uint32_t TotalChannels(const StreamConfig& config) noexcept {
  return config.channels + config.key_channels;
}

KeyPath::KeyPath(const StreamConfig& config)
    : channels_(config.channels),
      key_channels_(config.key_channels),
      maximum_block_frames_(config.maximum_block_frames),
      sample_rate_hz_(config.sample_rate_hz),
      sends_(!config.send_key.empty()),
      takes_(!config.take_key.empty() && config.key_channels > 0),
      clock_(KeyClock()),
      memory_(std::size_t{2} * key_channels_ * maximum_block_frames_, 0.0F) {
  for (std::uint32_t i = 0; i < key_channels_; ++i) {
    key_rows_[i] = memory_.data() + std::size_t{i} * maximum_block_frames_;
    in_rows_[channels_ + i] = key_rows_[i];
    out_rows_[channels_ + i] = key_rows_[i] + std::size_t{key_channels_} * maximum_block_frames_;
  }
}

void KeyPath::OfferSend(std::unique_ptr<ipc::KeyBus> bus) noexcept {
  const bool there = bus != nullptr;
  send_.Collect();  // else the audio thread could not take it
  send_.Offer(std::make_unique<End>(End{std::move(bus)}));
  send_there_.store(there, std::memory_order_release);
}

void KeyPath::OfferTake(std::unique_ptr<ipc::KeyBus> bus) noexcept {
  const bool there = bus != nullptr;
  take_.Collect();
  take_.Offer(std::make_unique<End>(End{std::move(bus)}));
  take_there_.store(there, std::memory_order_release);
}

void KeyPath::Collect() noexcept {
  send_.Collect();
  take_.Collect();
}

// An export that begins without them would sound different each time.
void KeyPath::AwaitBuses() noexcept {
  if (std::exchange(awaited_, true)) return;
  const std::uint64_t give_up_ns = ipc::MonotonicNs() + kPatienceNs;
  const auto there = [this] {
    return (!sends_ || send_there_.load(std::memory_order_acquire)) &&
           (!takes_ || take_there_.load(std::memory_order_acquire));
  };
  while (!there() && ipc::MonotonicNs() < give_up_ns) ipc::SleepOffline(kLookNs);
}

void KeyPath::Exchange(const float* const* in, std::uint32_t frames,
                       const BlockContext& context) noexcept {
  if (!sends_ && key_channels_ == 0) return;
  if (context.offline) {
    AwaitBuses();
  } else {
    awaited_ = false;
  }
  const End* const send = send_.Take([](End*, const End*) {});
  if (send != nullptr && send->bus && context.period != 0) {
    send->bus->Write(context.period, in, frames);
  }
  if (key_channels_ == 0 || frames > maximum_block_frames_) return;
  const End* const take = take_.Take([](End*, const End*) {});
  const ipc::KeyBus* const bus = take == nullptr ? nullptr : take->bus.get();
  bool heard = false;
  if (bus != nullptr && bus->format().sample_rate_hz == sample_rate_hz_ && context.period != 0) {
    std::uint64_t due = context.period - 1;
    bool fresh = true;
    if (bus->format().clock != clock_) {
      due = bus->NewestUntrusted();
      fresh = std::exchange(last_taken_, due) != due;
    }
    heard = fresh && bus->ReadUntrusted(due, key_rows_.data(), key_channels_, frames);
  }
  if (heard) return;
  for (std::uint32_t i = 0; i < key_channels_; ++i) std::fill_n(key_rows_[i], frames, 0.0F);
}

const float* const* KeyPath::WithKey(const float* const* rows) noexcept {
  if (key_channels_ == 0) return rows;
  std::copy_n(rows, channels_, in_rows_.begin());
  return in_rows_.data();
}

float* const* KeyPath::WithSpare(float* const* rows) noexcept {
  if (key_channels_ == 0) return rows;
  std::copy_n(rows, channels_, out_rows_.begin());
  return out_rows_.data();
}

}  // namespace continuo::client
