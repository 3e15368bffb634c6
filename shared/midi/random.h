// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same on every machine: integers only, no std::
// distribution (those differ between libraries).
// Source: SplitMix64, Steele, Lea, Flood: Fast splittable pseudorandom number
// generators (OOPSLA 2014).
#pragma once

#include <cstdint>

namespace continuo::midi {

// Rounded to the nearest, halves away from zero. `divisor` is above 0.
constexpr std::int64_t RoundedQuotient(std::int64_t value, std::int64_t divisor) {
  return (value + (value < 0 ? -divisor : divisor) / 2) / divisor;
}

class Random {
 public:
  // `stream` tells apart the generators of one seed.
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : state_(seed) {
    state_ = Next() + stream;
    state_ = Next();
  }

  std::uint64_t Next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  // A bell curve around 0 with the standard deviation `deviation` (at most 2^40): the
  // sum of four uniform numbers, which ends at 2 times the square root of 3 times that.
  std::int64_t Bell(std::int64_t deviation) {
    const std::uint64_t bits = Next();
    std::int64_t sum = 0;  // of four in -32767.5 to 32767.5, twice
    for (int shift = 0; shift < 64; shift += 16) {
      sum += 2 * static_cast<std::int64_t>(bits >> shift & 0xFFFF) - 0xFFFF;
    }
    // Its standard deviation is 2 * 65536 / sqrt(3) = 75674.
    return RoundedQuotient(sum * (deviation & kLow), 75674);
  }

 private:
  static constexpr std::int64_t kLow = (std::int64_t{1} << 40) - 1;
  std::uint64_t state_;
};

}  // namespace continuo::midi
