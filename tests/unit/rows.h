// SPDX-License-Identifier: Apache-2.0
// Planar audio in a vector, as the interfaces take it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace continuo::test {

class Rows {
 public:
  Rows(std::uint32_t channels, std::size_t frames)
      : frames_(frames), samples_(channels * frames, 0.0F), pointers_(channels) {}

  [[nodiscard]] std::size_t frames() const { return frames_; }
  [[nodiscard]] float* operator[](std::size_t channel) {
    return samples_.data() + channel * frames_;
  }
  [[nodiscard]] const float* operator[](std::size_t channel) const {
    return samples_.data() + channel * frames_;
  }
  // Row pointers from `frame` on; valid until the next call.
  [[nodiscard]] float* const* From(std::size_t frame = 0) {
    for (std::size_t i = 0; i < pointers_.size(); ++i) pointers_[i] = (*this)[i] + frame;
    return pointers_.data();
  }

 private:
  std::size_t frames_;
  std::vector<float> samples_;
  std::vector<float*> pointers_;
};

}  // namespace continuo::test
