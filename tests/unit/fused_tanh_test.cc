// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "daemon/executor/fused/kernels.h"

namespace continuo::executor::fused {
namespace {

TEST_CASE("Fused: tanh is within 3.5e-7 over the whole range of float, and odd") {
  for (const Kernels* kernels : AvailableKernels()) {
    // Every 4001st float from 0 to infinity: about 532,000 of them.
    std::vector<float> x;
    for (std::uint32_t bits = 0; bits <= 0x7f800000U; bits += 4001) {
      x.push_back(std::bit_cast<float>(bits));
    }
    for (int i = 0; i <= 200000; ++i) x.push_back(static_cast<float>(i) * 5e-5F);
    x.push_back(std::numeric_limits<float>::infinity());
    std::vector<float> negative(x), y(x.size()), mirrored(x.size());
    for (float& value : negative) value = -value;
    kernels->tanh(x.data(), y.data(), x.size());
    kernels->tanh(negative.data(), mirrored.data(), x.size());
    double largest = 0;
    bool odd = true;
    for (std::size_t i = 0; i < x.size(); ++i) {
      largest = std::max(largest, std::abs(y[i] - std::tanh(double{x[i]})));
      odd = odd && mirrored[i] == -y[i];
    }
    INFO(kernels->name);
    CHECK(largest <= 3.5e-7);
    CHECK(odd);
    float nan = std::nanf(""), out = 0;
    kernels->tanh(&nan, &out, 1);
    CHECK(std::isnan(out));
  }
}

}  // namespace
}  // namespace continuo::executor::fused
