// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "shared/ipc/statistics.h"

namespace continuo::ipc {
namespace {

Statistics All(std::uint64_t value) { return {value, value, value, value, value, value, value}; }

bool IsUniform(const Statistics& s) {
  return s.frames == s.blocks && s.process_total_ns == s.blocks && s.process_max_ns == s.blocks &&
         s.violations == s.blocks && s.non_finite_samples == s.blocks &&
         s.dropped_results == s.blocks;
}

TEST_CASE("Statistics: what is published is read") {
  StatisticsBlock block{};
  Publish({1, 2, 3, 4, 5, 6, 7}, &block);
  Statistics read;
  REQUIRE(TryReadUntrusted(block, &read));
  CHECK(read.blocks == 1);
  CHECK(read.frames == 2);
  CHECK(read.process_total_ns == 3);
  CHECK(read.process_max_ns == 4);
  CHECK(read.violations == 5);
  CHECK(read.non_finite_samples == 6);
  CHECK(read.dropped_results == 7);
}

TEST_CASE("Statistics: a lock that stays odd makes the reader give up and leaves its copy alone") {
  StatisticsBlock block{};
  Publish(All(3), &block);
  block.lock.store(GENERATE(1U, 0xFFFFFFFFU));
  Statistics read = All(9);
  CHECK_FALSE(TryReadUntrusted(block, &read));
  CHECK(read.blocks == 9);
}

TEST_CASE("Statistics: the lock wraps at 2^32") {
  StatisticsBlock block{};
  block.lock.store(0xFFFFFFFE);
  Publish(All(4), &block);
  CHECK(block.lock.load() == 0);
  Statistics read;
  REQUIRE(TryReadUntrusted(block, &read));
  CHECK(IsUniform(read));
}

TEST_CASE("Statistics: no torn figures are read while another thread publishes") {
  StatisticsBlock block{};
  std::atomic<bool> done{false};
  std::thread publisher([&] {
    for (std::uint64_t i = 1; !done.load(std::memory_order_relaxed); ++i) Publish(All(i), &block);
  });
  // A read that sees another value than the last was made while there was publishing.
  std::uint64_t changes = 0, torn = 0, backwards = 0, last = 0;
  while (changes < 5'000) {
    Statistics read;
    if (!TryReadUntrusted(block, &read)) continue;
    torn += !IsUniform(read);
    backwards += read.blocks < last;
    changes += read.blocks != last;
    last = read.blocks;
  }
  done.store(true);
  publisher.join();
  CHECK(torn == 0);
  CHECK(backwards == 0);
}

}  // namespace
}  // namespace continuo::ipc
