// SPDX-License-Identifier: Apache-2.0
// What comes before the network of a film_tcn: the known part of a circuit, which makes
// its features, and the knobs as the network takes them.
//
// Real time: Run is bounded by its frames; it neither allocates nor calls the system.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>

#include "daemon/executor/fused/kernels.h"

namespace continuo::executor::fused {

inline constexpr std::uint32_t kMaximumKnobs = 8;

// A tile's share of a block, and where the results go: rows of kTileFrames, of which all
// lanes up to whole vectors are set.
struct FrontTile {
  const float* in;
  std::array<const float*, kMaximumKnobs> knobs;
  std::uint32_t frames;
  float* features;
  float* knob_rows;
};

// Where a linear or memoryless knob ends on either side; it goes to -1..1.
struct KnobRange {
  double minimum, maximum;
};

class Front {
 public:
  Front() = default;
  virtual ~Front() = default;
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;
  [[nodiscard]] virtual std::uint32_t features() const = 0;
  [[nodiscard]] virtual std::size_t state_bytes() const = 0;
  // Zeros are the state at rest. [audio-thread]
  virtual void Run(void* state, const FrontTile& tile) const noexcept = 0;
};

// Of config.front; `knobs` are those of config.knobs.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Front>> MakeFront(const nlohmann::json& front,
                                                               const std::vector<KnobRange>& knobs,
                                                               const Kernels& kernels);

}  // namespace continuo::executor::fused
