// SPDX-License-Identifier: Apache-2.0
// The network of a film_tcn packed as film_tcn_plan.h says. Plain C++, as it is also tested
// under emulation of other processors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "daemon/executor/fused/aligned_floats.h"
#include "daemon/executor/fused/film_tcn_plan.h"

namespace continuo::executor::fused {

struct FilmTcnShape {
  std::uint32_t channels = 0, hidden = 0;  // multiples of four
  std::uint32_t knobs = 0, features = 0;
  std::vector<FilmTcnLayer> layers;  // taps, dilation, linear

  [[nodiscard]] std::uint32_t inputs(std::size_t layer) const {
    return layer == 0 ? features : channels;
  }
  [[nodiscard]] std::size_t WeightCount() const;
};

// Moves, but is not copied: the plan points into it. All of a state at rest is zero.
struct PackedFilmTcn {
  FilmTcnPlan plan{};
  std::vector<FilmTcnLayer> layers;
  AlignedFloats weights;
  Arrangement memory;
};

// `weights` in the file's order: convolutions W[out][in][tap], A, a, [G; H], [g0; h0].
[[nodiscard]] PackedFilmTcn PackFilmTcn(const FilmTcnShape& shape, const float* weights);

}  // namespace continuo::executor::fused
