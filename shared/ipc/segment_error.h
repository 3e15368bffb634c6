// SPDX-License-Identifier: Apache-2.0
// Why shared memory could not be made or mapped.
#pragma once

#include <cstdint>

namespace continuo::ipc {

enum class [[nodiscard]] SegmentError : std::uint8_t{
    kNone,
    kExists,      // the name is taken
    kNotFound,    // no object of that name
    kNoSpace,     // /dev/shm has not enough room
    kDenied,      // permission
    kInvalid,     // geometry beyond the limits of segment_layout.h
    kBadMagic,    // not a segment
    kBadVersion,  // another ABI
    kBadSize,     // header and object disagree
    kSystem,      // anything else
};

[[nodiscard]] const char* ToWords(SegmentError error) noexcept;

}  // namespace continuo::ipc
