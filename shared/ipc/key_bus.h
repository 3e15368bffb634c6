// SPDX-License-Identifier: Apache-2.0
// A key bus: the input of one stream, for the models of others to listen to.
//
//  0    ┌───────────────────┐
//       │ header   64 bytes │ written by the daemon before it is offered, then constant
//  64   ├───────────────────┤
//       │ slot 0 … 7        │ written by the sender: 64 bytes, then
//       └───────────────────┘ float[channels][maximum_block_frames], rounded up to 64
//
// One writer, any number of readers, and nobody waits. The block of period p lies in slot p % 8
// behind a version, which is odd while it is written; a reader that finds it odd, changed, or of
// another period has no block. Who reads the period before the present one finds a slot that the
// writer comes to seven periods later.
//
// Threads: Create, Open, Remove any but an audio thread; Write the sender's audio thread alone;
// Read any.
// Real time: bounded by channels and frames; no allocation, lock or system call.
// Trust: Open checks the header once and keeps a copy. The writer reads nothing from here; the
// reader maps it read-only, checks every count, and takes what is not finite for silence.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "shared/ipc/segment_error.h"
#include "shared/ipc/shared_object.h"

namespace continuo::ipc {

struct KeyBusFormat {
  std::uint64_t clock = 0;  // whose periods these are
  std::uint32_t sample_rate_hz = 0;
  std::uint32_t channels = 0;
  std::uint32_t maximum_block_frames = 0;
};

class KeyBus {
 public:
  static constexpr std::uint32_t kSlots = 8;

  [[nodiscard]] static std::uint64_t TotalBytes(const KeyBusFormat& format) noexcept;
  static SegmentError Create(const std::string& name, const KeyBusFormat& format,
                             std::unique_ptr<KeyBus>* bus);
  enum class Side : std::uint8_t { kWriter, kReader };
  static SegmentError Open(const std::string& name, Side side, std::unique_ptr<KeyBus>* bus);
  static bool Remove(const std::string& name) noexcept;

  [[nodiscard]] const KeyBusFormat& format() const noexcept { return format_; }

  // `rows` has the bus's channels. Frames above the maximum are left out.
  void Write(std::uint64_t period, const float* const* rows, std::uint32_t frames) noexcept;
  // The block of this period into `channels` rows of `frames` frames: the bus's last channel goes
  // on in those that it has not, silence follows a shorter block. False, and silence, where there
  // is none.
  bool ReadUntrusted(std::uint64_t period, float* const* rows, std::uint32_t channels,
                     std::uint32_t frames) const noexcept;
  // The latest period that was written; what a hostile writer says is a period like any other.
  [[nodiscard]] std::uint64_t NewestUntrusted() const noexcept;

 private:
  struct Slot;
  KeyBus(std::unique_ptr<SharedMapping> mapping, const KeyBusFormat& format);
  [[nodiscard]] Slot* SlotOf(std::uint64_t period) const noexcept;

  std::unique_ptr<SharedMapping> mapping_;
  const KeyBusFormat format_;
  const std::uint64_t stride_bytes_;
  std::uint64_t version_ = 0;  // writer's: even
};

}  // namespace continuo::ipc
