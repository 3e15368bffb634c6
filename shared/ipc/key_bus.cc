// SPDX-License-Identifier: Apache-2.0
#include "shared/ipc/key_bus.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

#include "shared/ipc/segment_layout.h"

namespace continuo::ipc {
namespace {

namespace bip = boost::interprocess;

constexpr std::uint32_t kMagic = 0x594B5443;  // "CTKY" in memory order
constexpr std::uint32_t kAbi = 1;
constexpr std::uint64_t kAlignment = 64;

struct BusHeader {
  std::uint32_t magic;
  std::uint32_t abi;
  std::uint64_t total_bytes;
  std::uint64_t clock;
  std::uint32_t sample_rate_hz;
  std::uint32_t channels;
  std::uint32_t maximum_block_frames;
  std::uint32_t slots;
  std::uint8_t reserved[24];
};
static_assert(sizeof(BusHeader) == kAlignment);
static_assert(std::atomic<float>::is_always_lock_free);
static_assert(sizeof(std::atomic<float>) == sizeof(float));

bool IsValid(const KeyBusFormat& format) noexcept {
  return format.channels >= 1 && format.channels <= kMaxChannels &&
         format.maximum_block_frames >= 1 && format.maximum_block_frames <= kMaxBlockFrames &&
         format.sample_rate_hz >= kMinSampleRateHz && format.sample_rate_hz <= kMaxSampleRateHz;
}

std::uint64_t StrideBytes(const KeyBusFormat& format) noexcept {
  const std::uint64_t audio =
      std::uint64_t{format.channels} * format.maximum_block_frames * sizeof(float);
  return kAlignment + (audio + kAlignment - 1) / kAlignment * kAlignment;
}

BusHeader MakeHeader(const KeyBusFormat& format) noexcept {
  BusHeader header{};
  header.magic = kMagic;
  header.abi = kAbi;
  header.total_bytes = KeyBus::TotalBytes(format);
  header.clock = format.clock;
  header.sample_rate_hz = format.sample_rate_hz;
  header.channels = format.channels;
  header.maximum_block_frames = format.maximum_block_frames;
  header.slots = KeyBus::kSlots;
  return header;
}

}  // namespace

struct KeyBus::Slot {
  std::atomic<std::uint64_t> version;  // 0: never written; odd: being written
  std::atomic<std::uint64_t> period;
  std::atomic<std::uint32_t> frames;
  std::uint8_t reserved[44];

  // [channel][maximum_block_frames]
  [[nodiscard]] std::atomic<float>* audio() noexcept {
    return reinterpret_cast<std::atomic<float>*>(this + 1);
  }
};

KeyBus::KeyBus(std::unique_ptr<SharedMapping> mapping, const KeyBusFormat& format)
    : mapping_(std::move(mapping)), format_(format), stride_bytes_(StrideBytes(format)) {
  static_assert(sizeof(Slot) == kAlignment);
}

std::uint64_t KeyBus::TotalBytes(const KeyBusFormat& format) noexcept {
  return sizeof(BusHeader) + kSlots * StrideBytes(format);
}

SegmentError KeyBus::Create(const std::string& name, const KeyBusFormat& format,
                            std::unique_ptr<KeyBus>* bus) {
  if (!ipc::IsValid(format)) return SegmentError::kInvalid;
  const BusHeader header = MakeHeader(format);
  std::unique_ptr<SharedMapping> mapping;
  const SegmentError error = CreateSharedObject(name, header.total_bytes, &mapping);
  if (error != SegmentError::kNone) return error;
  new (mapping->address()) BusHeader(header);
  bus->reset(new KeyBus(std::move(mapping), format));
  return SegmentError::kNone;
}

SegmentError KeyBus::Open(const std::string& name, Side side, std::unique_ptr<KeyBus>* bus) {
  std::unique_ptr<SharedMapping> mapping;
  const SegmentError error = OpenSharedObject(
      name, sizeof(BusHeader), side == Side::kWriter ? bip::read_write : bip::read_only, &mapping);
  if (error != SegmentError::kNone) return error;
  BusHeader header;
  std::memcpy(&header, mapping->address(), sizeof header);
  if (header.magic != kMagic) return SegmentError::kBadMagic;
  if (header.abi != kAbi) return SegmentError::kBadVersion;
  const KeyBusFormat format{header.clock, header.sample_rate_hz, header.channels,
                            header.maximum_block_frames};
  if (!ipc::IsValid(format)) return SegmentError::kInvalid;
  const BusHeader expected = MakeHeader(format);
  if (header.slots != expected.slots || header.total_bytes != expected.total_bytes ||
      mapping->size() != expected.total_bytes) {
    return SegmentError::kBadSize;
  }
  FaultInPages(*mapping);
  bus->reset(new KeyBus(std::move(mapping), format));
  return SegmentError::kNone;
}

bool KeyBus::Remove(const std::string& name) noexcept { return RemoveSharedObject(name); }

KeyBus::Slot* KeyBus::SlotOf(std::uint64_t period) const noexcept {
  auto* const base = static_cast<std::byte*>(mapping_->address());
  return reinterpret_cast<Slot*>(base + sizeof(BusHeader) + period % kSlots * stride_bytes_);
}

void KeyBus::Write(std::uint64_t period, const float* const* rows, std::uint32_t frames) noexcept {
  const std::uint32_t count = std::min(frames, format_.maximum_block_frames);
  Slot& slot = *SlotOf(period);
  slot.version.store(version_ + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  slot.period.store(period, std::memory_order_relaxed);
  slot.frames.store(count, std::memory_order_relaxed);
  std::atomic<float>* to = slot.audio();
  for (std::uint32_t channel = 0; channel < format_.channels; ++channel) {
    for (std::uint32_t i = 0; i < count; ++i) {
      to[i].store(rows[channel][i], std::memory_order_relaxed);
    }
    to += format_.maximum_block_frames;
  }
  version_ += 2;
  slot.version.store(version_, std::memory_order_release);
}

bool KeyBus::ReadUntrusted(std::uint64_t period, float* const* rows, std::uint32_t channels,
                           std::uint32_t frames) const noexcept {
  Slot& slot = *SlotOf(period);
  const std::uint64_t before = slot.version.load(std::memory_order_acquire);
  const std::uint32_t there = slot.frames.load(std::memory_order_relaxed);
  bool good = before != 0 && before % 2 == 0 && there <= format_.maximum_block_frames &&
              slot.period.load(std::memory_order_relaxed) == period;
  if (good) {
    const std::uint32_t count = std::min(frames, there);
    for (std::uint32_t channel = 0; channel < channels; ++channel) {
      const std::atomic<float>* const from =
          slot.audio() +
          std::size_t{std::min(channel, format_.channels - 1)} * format_.maximum_block_frames;
      for (std::uint32_t i = 0; i < count; ++i) {
        const float sample = from[i].load(std::memory_order_relaxed);
        rows[channel][i] = std::isfinite(sample) ? sample : 0.0F;
      }
      std::fill(rows[channel] + count, rows[channel] + frames, 0.0F);
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    good = slot.version.load(std::memory_order_relaxed) == before;
  }
  if (!good) {
    for (std::uint32_t channel = 0; channel < channels; ++channel) {
      std::fill_n(rows[channel], frames, 0.0F);
    }
  }
  return good;
}

std::uint64_t KeyBus::NewestUntrusted() const noexcept {
  std::uint64_t newest = 0;
  std::uint64_t newest_version = 0;
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    Slot& slot = *SlotOf(i);
    const std::uint64_t version = slot.version.load(std::memory_order_acquire);
    if (version % 2 != 0 || version <= newest_version) continue;
    newest_version = version;
    newest = slot.period.load(std::memory_order_relaxed);
  }
  return newest;
}

}  // namespace continuo::ipc
