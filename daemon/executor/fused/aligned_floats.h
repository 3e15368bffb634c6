// SPDX-License-Identifier: Apache-2.0
// Floats on a cache line's boundary: zero at first; and their arrangement.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

namespace continuo::executor::fused {

inline constexpr std::size_t kAlignmentBytes = 64;

[[nodiscard]] constexpr std::size_t RoundUp(std::size_t count, std::size_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

class AlignedFloats {
 public:
  AlignedFloats() = default;
  explicit AlignedFloats(std::size_t count)
      : data_(static_cast<float*>(
            ::operator new (count * sizeof(float), std::align_val_t{kAlignmentBytes}))),
        size_(count) {
    std::fill_n(data_.get(), count, 0.0F);
  }
  [[nodiscard]] float* data() { return data_.get(); }
  [[nodiscard]] const float* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Delete {
    void operator()(float* data) const {
      ::operator delete (data, std::align_val_t{kAlignmentBytes});
    }
  };
  std::unique_ptr<float, Delete> data_;
  std::size_t size_ = 0;
};

// Gives out places one after the other, each on a cache line.
class Arrangement {
 public:
  std::size_t Place(std::size_t floats) {
    const std::size_t at = size_;
    size_ += RoundUp(floats, kAlignmentBytes / sizeof(float));
    return at;
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::size_t size_ = 0;
};

}  // namespace continuo::executor::fused
