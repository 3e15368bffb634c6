// SPDX-License-Identifier: Apache-2.0
// Numbers by chance for the checks of this folder, and the ways in which they cut a signal.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace continuo::executor::fused {

class Draw {
 public:
  std::vector<float> operator()(std::size_t count, double bound) {
    std::uniform_real_distribution<float> draw(static_cast<float>(-bound),
                                               static_cast<float>(bound));
    std::vector<float> values(count);
    for (float& value : values) value = draw(random_);
    return values;
  }

 private:
  std::mt19937 random_{1};
};

// Block lengths; 0: by chance.
inline constexpr std::uint32_t kCuts[] = {1, 63, 64, 65, 256, 441, 0};

// body(first frame, frames) for each block of `block` frames.
template <typename Body>
void EachBlock(std::uint32_t frames, std::uint32_t block, const Body& body) {
  std::minstd_rand random(1);
  for (std::uint32_t done = 0; done < frames;) {
    const auto wanted = block > 0 ? block : static_cast<std::uint32_t>(1 + random() % 99);
    const std::uint32_t now = std::min(frames - done, wanted);
    body(done, now);
    done += now;
  }
}

}  // namespace continuo::executor::fused
