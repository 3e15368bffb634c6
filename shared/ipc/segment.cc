// SPDX-License-Identifier: Apache-2.0
#include "shared/ipc/segment.h"

#include <cstring>
#include <new>
#include <utility>

namespace continuo::ipc {
namespace {

namespace bip = boost::interprocess;

constexpr std::uint32_t kAlignment = 64;

constexpr std::uint32_t RoundUp(std::uint32_t bytes) noexcept {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

std::uint32_t AudioBytes(const Geometry& geometry) noexcept {
  return geometry.channels * geometry.maximum_block_frames *
         static_cast<std::uint32_t>(sizeof(float));
}

Header MakeHeader(const Geometry& geometry) noexcept {
  Header header{};
  header.magic = kSegmentMagic;
  header.abi = kSegmentAbi;
  header.total_bytes = TotalBytes(geometry);
  header.stream_id = geometry.stream_id;
  header.generation = geometry.generation;
  header.sample_rate_hz = geometry.sample_rate_hz;
  header.channels = geometry.channels;
  header.maximum_block_frames = geometry.maximum_block_frames;
  header.slots = kSlots;
  header.input_stride_bytes = InputStrideBytes(geometry);
  header.output_stride_bytes = OutputStrideBytes(geometry);
  header.input_offset_bytes = kRingsOffset;
  header.output_offset_bytes =
      static_cast<std::uint32_t>(kRingsOffset) + kSlots * header.input_stride_bytes;
  return header;
}

}  // namespace

bool IsValid(const Geometry& geometry) noexcept {
  return geometry.channels >= 1 && geometry.channels <= kMaxChannels &&
         geometry.maximum_block_frames >= 1 && geometry.maximum_block_frames <= kMaxBlockFrames &&
         geometry.sample_rate_hz >= kMinSampleRateHz && geometry.sample_rate_hz <= kMaxSampleRateHz;
}

std::uint32_t InputStrideBytes(const Geometry& geometry) noexcept {
  return RoundUp(static_cast<std::uint32_t>(kInputAudioOffset) + AudioBytes(geometry));
}

std::uint32_t OutputStrideBytes(const Geometry& geometry) noexcept {
  return RoundUp(static_cast<std::uint32_t>(kOutputAudioOffset) + AudioBytes(geometry));
}

std::uint64_t TotalBytes(const Geometry& geometry) noexcept {
  return kRingsOffset + std::uint64_t{kSlots} * InputStrideBytes(geometry) +
         std::uint64_t{kSlots} * OutputStrideBytes(geometry);
}

Segment::Segment(std::unique_ptr<SharedMapping> mapping, const Geometry& geometry)
    : mapping_(std::move(mapping)),
      base_(static_cast<std::byte*>(mapping_->address())),
      geometry_(geometry),
      input_stride_bytes_(InputStrideBytes(geometry)),
      output_stride_bytes_(OutputStrideBytes(geometry)) {}

SegmentError Segment::Create(const std::string& name, const Geometry& geometry,
                             std::unique_ptr<Segment>* segment) {
  if (!IsValid(geometry)) return SegmentError::kInvalid;
  std::unique_ptr<SharedMapping> mapping;
  const SegmentError error = CreateSharedObject(name, TotalBytes(geometry), &mapping);
  if (error != SegmentError::kNone) return error;
  new (mapping->address()) Header(MakeHeader(geometry));
  segment->reset(new Segment(std::move(mapping), geometry));
  return SegmentError::kNone;
}

SegmentError Segment::Open(const std::string& name, std::unique_ptr<Segment>* segment) {
  std::unique_ptr<SharedMapping> mapping;
  const SegmentError error = OpenSharedObject(name, kRingsOffset, bip::read_write, &mapping);
  if (error != SegmentError::kNone) return error;
  Header header;
  std::memcpy(&header, mapping->address(), sizeof(header));
  if (header.magic != kSegmentMagic) return SegmentError::kBadMagic;
  if (header.abi != kSegmentAbi) return SegmentError::kBadVersion;
  Geometry geometry;
  geometry.stream_id = header.stream_id;
  geometry.generation = header.generation;
  geometry.sample_rate_hz = header.sample_rate_hz;
  geometry.channels = header.channels;
  geometry.maximum_block_frames = header.maximum_block_frames;
  if (!IsValid(geometry)) return SegmentError::kInvalid;
  // The geometry decides the whole layout: every derived field has to agree.
  const Header expected = MakeHeader(geometry);
  if (header.slots != expected.slots || header.input_stride_bytes != expected.input_stride_bytes ||
      header.output_stride_bytes != expected.output_stride_bytes ||
      header.input_offset_bytes != expected.input_offset_bytes ||
      header.output_offset_bytes != expected.output_offset_bytes ||
      header.total_bytes != expected.total_bytes || mapping->size() != expected.total_bytes) {
    return SegmentError::kBadSize;
  }
  FaultInPages(*mapping);
  if (mapping->guard().cut()) return SegmentError::kBadSize;
  segment->reset(new Segment(std::move(mapping), geometry));
  return SegmentError::kNone;
}

bool Segment::Remove(const std::string& name) noexcept { return RemoveSharedObject(name); }

std::byte* Segment::InputSlot(std::uint32_t index) const noexcept {
  return base_ + kRingsOffset + std::size_t{index % kSlots} * input_stride_bytes_;
}

std::byte* Segment::OutputSlot(std::uint32_t index) const noexcept {
  return base_ + kRingsOffset + std::size_t{kSlots} * input_stride_bytes_ +
         std::size_t{index % kSlots} * output_stride_bytes_;
}

}  // namespace continuo::ipc
