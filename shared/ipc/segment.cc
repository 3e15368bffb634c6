// SPDX-License-Identifier: Apache-2.0
#include "shared/ipc/segment.h"

#include <fcntl.h>

#include <boost/interprocess/shared_memory_object.hpp>
#include <cerrno>
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

SegmentError Translate(const bip::interprocess_exception& error) noexcept {
  switch (error.get_error_code()) {
    case bip::already_exists_error:
      return SegmentError::kExists;
    case bip::not_found_error:
      return SegmentError::kNotFound;
    case bip::out_of_space_error:
    case bip::out_of_memory_error:
    case bip::out_of_resource_error:
      return SegmentError::kNoSpace;
    case bip::security_error:
      return SegmentError::kDenied;
    default:
      return SegmentError::kSystem;
  }
}

// A page fault on an audio thread costs a period now and then: take them all here.
void FaultInPages(const bip::mapped_region& region) noexcept {
  const auto* bytes = static_cast<const volatile char*>(region.get_address());
  const std::size_t page = bip::mapped_region::get_page_size();
  for (std::size_t offset = 0; offset < region.get_size(); offset += page) {
    static_cast<void>(bytes[offset]);
  }
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

const char* ToWords(SegmentError error) noexcept {
  switch (error) {
    case SegmentError::kNone:
      return "no error";
    case SegmentError::kExists:
      return "a shared memory object of that name exists already";
    case SegmentError::kNotFound:
      return "no shared memory object of that name";
    case SegmentError::kNoSpace:
      return "not enough room in /dev/shm";
    case SegmentError::kDenied:
      return "permission to the shared memory object denied";
    case SegmentError::kInvalid:
      return "channels, block length or rate beyond the limits";
    case SegmentError::kBadMagic:
      return "the shared memory object is not a stream segment";
    case SegmentError::kBadVersion:
      return "the stream segment has another layout version";
    case SegmentError::kBadSize:
      return "the stream segment's header and size disagree";
    case SegmentError::kSystem:
      return "the system refused shared memory";
  }
  return "unknown error";
}

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

Segment::Segment(bip::mapped_region region, const Geometry& geometry)
    : region_(std::move(region)),
      base_(static_cast<std::byte*>(region_.get_address())),
      geometry_(geometry),
      input_stride_bytes_(InputStrideBytes(geometry)),
      output_stride_bytes_(OutputStrideBytes(geometry)) {}

SegmentError Segment::Create(const std::string& name, const Geometry& geometry,
                             std::unique_ptr<Segment>* segment) {
  if (!IsValid(geometry)) return SegmentError::kInvalid;
  bool made = false;
  try {
    bip::permissions owner_only;
    owner_only.set_permissions(0600);
    bip::shared_memory_object object(bip::create_only, name.c_str(), bip::read_write, owner_only);
    made = true;
    const auto bytes = static_cast<bip::offset_t>(TotalBytes(geometry));
    object.truncate(bytes);
    // Reserved now, so that a full /dev/shm is an error here and not a SIGBUS later.
    int reserved = EINTR;
    while (reserved == EINTR) {
      reserved = posix_fallocate(object.get_mapping_handle().handle, 0, bytes);
    }
    if (reserved != 0) {
      Remove(name);
      return reserved == ENOSPC ? SegmentError::kNoSpace : SegmentError::kSystem;
    }
    bip::mapped_region region(object, bip::read_write);
    new (region.get_address()) Header(MakeHeader(geometry));
    segment->reset(new Segment(std::move(region), geometry));
    return SegmentError::kNone;
  } catch (const bip::interprocess_exception& error) {
    if (made) Remove(name);
    return Translate(error);
  }
}

SegmentError Segment::Open(const std::string& name, std::unique_ptr<Segment>* segment) {
  try {
    bip::shared_memory_object object(bip::open_only, name.c_str(), bip::read_write);
    bip::offset_t size = 0;
    if (!object.get_size(size) || size < static_cast<bip::offset_t>(kRingsOffset)) {
      return SegmentError::kBadSize;
    }
    bip::mapped_region region(object, bip::read_write);
    Header header;
    std::memcpy(&header, region.get_address(), sizeof(header));
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
    if (header.slots != expected.slots ||
        header.input_stride_bytes != expected.input_stride_bytes ||
        header.output_stride_bytes != expected.output_stride_bytes ||
        header.input_offset_bytes != expected.input_offset_bytes ||
        header.output_offset_bytes != expected.output_offset_bytes ||
        header.total_bytes != expected.total_bytes || region.get_size() != expected.total_bytes) {
      return SegmentError::kBadSize;
    }
    FaultInPages(region);
    segment->reset(new Segment(std::move(region), geometry));
    return SegmentError::kNone;
  } catch (const bip::interprocess_exception& error) {
    return Translate(error);
  }
}

bool Segment::Remove(const std::string& name) noexcept {
  return bip::shared_memory_object::remove(name.c_str());
}

std::byte* Segment::InputSlot(std::uint32_t index) const noexcept {
  return base_ + kRingsOffset + std::size_t{index % kSlots} * input_stride_bytes_;
}

std::byte* Segment::OutputSlot(std::uint32_t index) const noexcept {
  return base_ + kRingsOffset + std::size_t{kSlots} * input_stride_bytes_ +
         std::size_t{index % kSlots} * output_stride_bytes_;
}

}  // namespace continuo::ipc
