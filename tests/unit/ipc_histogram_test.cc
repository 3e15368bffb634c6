// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "shared/ipc/histogram.h"

namespace continuo::ipc {
namespace {

Histogram Of(const HistogramBlock& block) {
  Histogram histogram;
  histogram.Include(block);
  return histogram;
}

TEST_CASE("Histogram: without a time all is zero") {
  const Histogram histogram;
  CHECK(histogram.Count() == 0);
  CHECK(histogram.QuantileUs(0.5) == 0.0);
  CHECK(histogram.MaximumUs() == 0.0);
}

TEST_CASE("Histogram: quantiles are within a bucket of the true figure") {
  HistogramBlock block{};
  for (std::uint64_t us = 1; us <= 10'000; ++us) Add(block, us * 1000);
  const Histogram histogram = Of(block);
  for (const double quantile : {0.01, 0.5, 0.9, 0.99, 1.0}) {
    CAPTURE(quantile);
    CHECK(histogram.QuantileUs(quantile) >= quantile * 10'000);
    CHECK(histogram.QuantileUs(quantile) <= quantile * 10'000 * 1.19);
  }
  CHECK(histogram.Count() == 10'000);
  CHECK(histogram.MaximumUs() == 10'000.0);
}

TEST_CASE("Histogram: the least and the greatest time have a bucket") {
  HistogramBlock block{};
  Add(block, 0);
  CHECK(Of(block).QuantileUs(1.0) == 0.0);
  Add(block, ~std::uint64_t{0});
  CHECK(Of(block).Count() == 2);
  CHECK(Of(block).MaximumUs() > 1e15);
}

TEST_CASE("Histogram: several are added up") {
  HistogramBlock fast{}, slow{};
  for (int i = 0; i < 90; ++i) Add(fast, 2'000);
  for (int i = 0; i < 10; ++i) Add(slow, 200'000);
  Histogram both = Of(fast);
  both.Include(slow);
  CHECK(both.Count() == 100);
  CHECK(both.QuantileUs(0.9) < 3.0);
  CHECK(both.QuantileUs(0.91) > 160.0);
  CHECK(both.MaximumUs() == 200.0);
}

}  // namespace
}  // namespace continuo::ipc
