// SPDX-License-Identifier: Apache-2.0
// A mapped stream segment (layout: segment_layout.h).
//
// Use: the daemon creates one and gives its name away; client and runner open it
// by name; the daemon removes the name when both have. Mapped memory stays valid
// after that, and goes when the last process that maps it ends.
// Threads: create, open and remove from any thread but an audio thread. The
// accessors are [any-thread].
// Errors: SegmentError, and nothing is left behind.
// Trust: Open() checks the header against the size of the object once and keeps
// its own copy (`geometry`); nobody reads the header again. In a process that guards its mappings
// (mapping_guard.h) the other end may cut the object short at any time: that is zeros, and cut().
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "shared/ipc/segment_error.h"
#include "shared/ipc/segment_layout.h"
#include "shared/ipc/shared_object.h"

namespace continuo::ipc {

// All that the layout of one segment depends on.
struct Geometry {
  std::uint64_t stream_id = 0;
  std::uint32_t generation = 0;
  std::uint32_t sample_rate_hz = 0;
  std::uint32_t channels = 0;
  std::uint32_t maximum_block_frames = 0;
};

[[nodiscard]] bool IsValid(const Geometry& geometry) noexcept;
[[nodiscard]] std::uint32_t InputStrideBytes(const Geometry& geometry) noexcept;
[[nodiscard]] std::uint32_t OutputStrideBytes(const Geometry& geometry) noexcept;
[[nodiscard]] std::uint64_t TotalBytes(const Geometry& geometry) noexcept;

class Segment {
 public:
  // Makes the object, mode 0600, all pages reserved, header filled in.
  static SegmentError Create(const std::string& name, const Geometry& geometry,
                             std::unique_ptr<Segment>* segment);
  // Maps an object that another process made, all pages faulted in.
  static SegmentError Open(const std::string& name, std::unique_ptr<Segment>* segment);
  // Removes the name; mappings stay. True if there was one.
  static bool Remove(const std::string& name) noexcept;

  [[nodiscard]] const Geometry& geometry() const noexcept { return geometry_; }
  [[nodiscard]] bool cut() const noexcept { return mapping_->guard().cut(); }
  [[nodiscard]] Header& header() const noexcept { return At<Header>(0); }
  [[nodiscard]] ClientControl& client() const noexcept {
    return At<ClientControl>(kClientControlOffset);
  }
  [[nodiscard]] RunnerControl& runner() const noexcept {
    return At<RunnerControl>(kRunnerControlOffset);
  }
  [[nodiscard]] Signal& input_signal() const noexcept { return At<Signal>(kInputSignalOffset); }
  [[nodiscard]] Signal& output_signal() const noexcept { return At<Signal>(kOutputSignalOffset); }
  [[nodiscard]] StatisticsBlock& statistics() const noexcept {
    return At<StatisticsBlock>(kStatisticsOffset);
  }
  [[nodiscard]] HistogramBlock& wake_histogram() const noexcept {
    return At<HistogramBlock>(kWakeHistogramOffset);
  }
  [[nodiscard]] HistogramBlock& process_histogram() const noexcept {
    return At<HistogramBlock>(kProcessHistogramOffset);
  }
  [[nodiscard]] HistogramBlock& return_histogram() const noexcept {
    return At<HistogramBlock>(kReturnHistogramOffset);
  }
  [[nodiscard]] HistogramBlock& wait_histogram() const noexcept {
    return At<HistogramBlock>(kWaitHistogramOffset);
  }
  // Start of slot `index % kSlots`; always inside the mapping.
  [[nodiscard]] std::byte* InputSlot(std::uint32_t index) const noexcept;
  [[nodiscard]] std::byte* OutputSlot(std::uint32_t index) const noexcept;

 private:
  Segment(std::unique_ptr<SharedMapping> mapping, const Geometry& geometry);
  template <typename T>
  [[nodiscard]] T& At(std::size_t offset) const noexcept {
    return *reinterpret_cast<T*>(base_ + offset);
  }

  std::unique_ptr<SharedMapping> mapping_;
  std::byte* base_;
  Geometry geometry_;
  std::uint32_t input_stride_bytes_;
  std::uint32_t output_stride_bytes_;
};

}  // namespace continuo::ipc
