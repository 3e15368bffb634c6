// SPDX-License-Identifier: Apache-2.0
// One segment mapped twice, as client and runner have it; nothing stays in /dev/shm.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "shared/ipc/segment.h"

namespace continuo::test {

inline std::string FreshSegmentName() {
  static std::atomic<std::uint32_t> count{0};
  return "continuo-test-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

struct SegmentPair {
  explicit SegmentPair(std::uint32_t channels = 2, std::uint32_t maximum_block_frames = 256,
                       std::uint32_t sample_rate_hz = 48000) {
    const std::string name = FreshSegmentName();
    const ipc::Geometry geometry{7, 1, sample_rate_hz, channels, maximum_block_frames};
    auto error = ipc::Segment::Create(name, geometry, &client);
    if (error == ipc::SegmentError::kNone) error = ipc::Segment::Open(name, &runner);
    object = ::open(("/dev/shm/" + name).c_str(), O_RDWR | O_CLOEXEC);
    ipc::Segment::Remove(name);
    if (error != ipc::SegmentError::kNone) throw std::runtime_error(ipc::ToWords(error));
  }
  ~SegmentPair() { ::close(object); }
  SegmentPair(const SegmentPair&) = delete;
  SegmentPair& operator=(const SegmentPair&) = delete;

  // As a client can that has kept a descriptor. For a process that guards its mappings.
  void CutTo(std::uint64_t bytes) const {
    if (::ftruncate(object, static_cast<off_t>(bytes)) != 0) throw std::runtime_error("ftruncate");
  }

  std::unique_ptr<ipc::Segment> client;
  std::unique_ptr<ipc::Segment> runner;
  int object = -1;
};

}  // namespace continuo::test
