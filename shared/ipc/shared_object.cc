// SPDX-License-Identifier: Apache-2.0
#include "shared/ipc/shared_object.h"

#include <fcntl.h>

#include <boost/interprocess/shared_memory_object.hpp>
#include <cerrno>
#include <utility>

namespace continuo::ipc {
namespace {

namespace bip = boost::interprocess;

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

SegmentError Map(const bip::shared_memory_object& object, bip::mode_t mode,
                 std::unique_ptr<SharedMapping>* mapping) {
  auto mapped = std::make_unique<SharedMapping>(bip::mapped_region(object, mode));
  if (mapped->guard().refused()) return SegmentError::kSystem;
  *mapping = std::move(mapped);
  return SegmentError::kNone;
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

SegmentError CreateSharedObject(const std::string& name, std::uint64_t bytes,
                                std::unique_ptr<SharedMapping>* mapping) {
  bool made = false;
  try {
    bip::permissions owner_only;
    owner_only.set_permissions(0600);
    bip::shared_memory_object object(bip::create_only, name.c_str(), bip::read_write, owner_only);
    made = true;
    const auto size = static_cast<bip::offset_t>(bytes);
    object.truncate(size);
    int reserved = EINTR;
    while (reserved == EINTR) {
      reserved = posix_fallocate(object.get_mapping_handle().handle, 0, size);
    }
    if (reserved != 0) {
      RemoveSharedObject(name);
      return reserved == ENOSPC ? SegmentError::kNoSpace : SegmentError::kSystem;
    }
    const SegmentError error = Map(object, bip::read_write, mapping);
    if (error != SegmentError::kNone) RemoveSharedObject(name);
    return error;
  } catch (const bip::interprocess_exception& error) {
    if (made) RemoveSharedObject(name);
    return Translate(error);
  }
}

SegmentError OpenSharedObject(const std::string& name, std::uint64_t least_bytes, bip::mode_t mode,
                              std::unique_ptr<SharedMapping>* mapping) {
  try {
    bip::shared_memory_object object(bip::open_only, name.c_str(), mode);
    bip::offset_t size = 0;
    if (!object.get_size(size) || size < static_cast<bip::offset_t>(least_bytes)) {
      return SegmentError::kBadSize;
    }
    return Map(object, mode, mapping);
  } catch (const bip::interprocess_exception& error) {
    return Translate(error);
  }
}

void FaultInPages(const SharedMapping& mapping) noexcept {
  const auto* bytes = static_cast<const volatile char*>(mapping.address());
  const std::size_t page = bip::mapped_region::get_page_size();
  for (std::size_t offset = 0; offset < mapping.size(); offset += page) {
    static_cast<void>(bytes[offset]);
  }
}

bool RemoveSharedObject(const std::string& name) noexcept {
  return bip::shared_memory_object::remove(name.c_str());
}

}  // namespace continuo::ipc
