// SPDX-License-Identifier: Apache-2.0
// What a runner takes that has opened an executor and holds no model: LibTorch's libraries are
// most of it, where they are. As measured on Debian 12 (docs/memory.md); what is measured on a
// machine replaces it there (daemon/memory/figures.h).
#pragma once

#include <cstdint>
#include <string_view>

namespace continuo::model {

[[nodiscard]] constexpr std::uint64_t ExecutorBytes(std::string_view executor) {
  return std::uint64_t{executor == "torch" ? 160U : 12U} << 20;
}

}  // namespace continuo::model
