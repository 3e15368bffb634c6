// SPDX-License-Identifier: Apache-2.0
// Any bytes are refused with a reason that begins with a place or says what they are not, or give
// effects with finite values, each at a line of the file.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "shared/project/effects.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace project = continuo::project;
  const auto read = project::ReadProject({reinterpret_cast<const char*>(data), size});
  if (!read.ok()) {
    if (read.status().message().empty()) std::abort();
    return 0;
  }
  const auto check = [](const project::SavedSide& side) {
    if (side.line == 0) std::abort();
    for (const project::SavedParameter& one : side.parameters) {
      if (!std::isfinite(one.value) || one.id.empty()) std::abort();
    }
  };
  for (const project::SavedEffect& effect : read->effects) {
    if (effect.schema < 0) std::abort();
    check(effect);
    if (effect.other_side) check(*effect.other_side);
  }
  return 0;
}
