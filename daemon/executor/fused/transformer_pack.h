// SPDX-License-Identifier: Apache-2.0
// A matrix of the file brought into panels (transformer_plan.h).
#pragma once

#include "daemon/executor/fused/aligned_floats.h"
#include "daemon/executor/fused/transformer_net.h"
#include "daemon/executor/fused/transformer_plan.h"

namespace continuo::executor::fused {

struct PackedMatrix {
  AlignedFloats weights, scales;  // memory; what is in it says `matrix`
  Panels matrix;
  [[nodiscard]] std::size_t bytes() const {
    return (weights.size() + scales.size()) * sizeof(float);
  }
};

// kInt8: symmetric, each output with the scale that its largest weight asks for.
[[nodiscard]] PackedMatrix Pack(const HalfMatrix& from, Storage storage);
// The same, in the memory of `to` where that is of this shape.
void PackInto(const HalfMatrix& from, Storage storage, PackedMatrix* to);

}  // namespace continuo::executor::fused
