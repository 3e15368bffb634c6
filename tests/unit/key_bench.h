// SPDX-License-Identifier: Apache-2.0
// A key bus in shared memory, and blocks of constant value to give and take.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "shared/client/key_path.h"
#include "tests/unit/segment_pair.h"

namespace continuo::test {

class KeyBench {
 public:
  static constexpr std::uint32_t kFrames = 64;

  explicit KeyBench(std::uint64_t clock = client::KeyClock(), std::uint32_t rate_hz = 48000) {
    std::unique_ptr<ipc::KeyBus> made;
    const ipc::KeyBusFormat format{clock, rate_hz, 2, kFrames};
    REQUIRE(ipc::KeyBus::Create(name_, format, &made) == ipc::SegmentError::kNone);
  }
  ~KeyBench() { ipc::KeyBus::Remove(name_); }
  KeyBench(const KeyBench&) = delete;
  KeyBench& operator=(const KeyBench&) = delete;

  [[nodiscard]] client::StreamConfig Sender() const {
    client::StreamConfig config;
    config.maximum_block_frames = kFrames;
    config.send_key = "kick";
    return config;
  }
  [[nodiscard]] client::StreamConfig Taker() const {
    client::StreamConfig config;
    config.maximum_block_frames = kFrames;
    config.take_key = "kick";
    config.key_channels = 2;
    return config;
  }
  void Connect(client::KeyPath* sender, client::KeyPath* taker) const {
    sender->OfferSend(Open(ipc::KeyBus::Side::kWriter));
    taker->OfferTake(Open(ipc::KeyBus::Side::kReader));
  }
  [[nodiscard]] std::unique_ptr<ipc::KeyBus> Open(ipc::KeyBus::Side side) const {
    std::unique_ptr<ipc::KeyBus> bus;
    REQUIRE(ipc::KeyBus::Open(name_, side, &bus) == ipc::SegmentError::kNone);
    return bus;
  }

  // A block whose samples are the period's number.
  void Send(client::KeyPath* sender, std::uint64_t period) {
    std::fill_n(row_, kFrames, static_cast<float>(period));
    const float* const rows[] = {row_, row_};
    sender->Exchange(rows, kFrames, At(period));
  }
  // What is behind the sound in that period.
  float Take(client::KeyPath* taker, std::uint64_t period) {
    std::fill_n(row_, kFrames, -1.0F);
    const float* const rows[] = {row_, row_};
    taker->Exchange(rows, kFrames, At(period));
    return taker->WithKey(rows)[3][kFrames - 1];
  }

 private:
  static client::BlockContext At(std::uint64_t period) {
    client::BlockContext context;
    context.period = period;
    return context;
  }

  const std::string name_ = FreshSegmentName();
  float row_[kFrames] = {};
};

}  // namespace continuo::test
