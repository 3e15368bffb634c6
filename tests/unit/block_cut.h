// SPDX-License-Identifier: Apache-2.0
// How a signal is cut in blocks: what a model gives must not depend on it, bit by bit.
#pragma once

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

namespace continuo::test {

// Gives the length of each block in turn; a copy begins anew.
class BlockCut {
 public:
  BlockCut(std::size_t frames) : longest_(frames) {}  // NOLINT: all of one length
  // 1 to `longest` frames.
  static BlockCut Random(std::size_t longest, std::uint32_t seed) {
    BlockCut cut(longest);
    cut.drawn_ = true;
    cut.random_.seed(seed);
    return cut;
  }
  // `left`: as many as are still to come.
  std::size_t Next(std::size_t left) {
    return std::min(left, drawn_ ? 1 + random_() % longest_ : longest_);
  }
  [[nodiscard]] std::size_t longest() const { return longest_; }
  [[nodiscard]] std::string name() const {
    return (drawn_ ? "blocks of up to " : "blocks of ") + std::to_string(longest_);
  }

 private:
  std::size_t longest_;
  bool drawn_ = false;
  std::mt19937 random_;
};

// Around a tile of 64 frames, what hosts use, and what no multiple fits.
inline std::vector<BlockCut> BlockCuts() {
  return {1, 2, 15, 63, 64, 65, 256, 441, 1024, BlockCut::Random(500, 6)};
}

}  // namespace continuo::test
