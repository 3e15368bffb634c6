// SPDX-License-Identifier: Apache-2.0
// What a .nam file holds, by its architecture; also a container of several, and a WaveNet that may
// be played with fewer channels, which is the same to its player.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "daemon/executor/fused/kernels.h"
#include "daemon/executor/fused/nam_file.h"
#include "daemon/executor/fused/network.h"
#include "daemon/executor/fused/recurrent_net.h"

namespace continuo::executor::fused {

inline constexpr char kQualityParameter[] = "quality";

// Of how many models the quality chooses one: 0 where it is of a single one.
[[nodiscard]] absl::StatusOr<std::size_t> CountSizes(const NamFile& file);

// `path` for messages: "", or that of a model within a container, a dot at its end. `precision`
// is of LSTMs.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Network>> MakeNamNetwork(
    const NamFile& file, const std::string& path, const Kernels& kernels,
    Precision precision = Precision::kFloat32);

// One of the models of a container: played while the quality is below `maximum`.
struct ContainerPart {
  float maximum = 1;
  std::unique_ptr<Network> network;
};
// Its parameter, if the block has one, chooses the part; without, and at 1, it is the
// last. The part that a change brings begins at rest, plays unheard for as long as it
// looks back (1024 to 16384 frames), and is faded in over 1024.
[[nodiscard]] std::unique_ptr<Network> MakeContainer(std::vector<ContainerPart> parts);
// Of what has several sizes, the model that is played at this quality, by itself: the others take
// no memory.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Network>> MakeContainerPart(const NamFile& file,
                                                                         double quality,
                                                                         const Kernels& kernels);

}  // namespace continuo::executor::fused
