// SPDX-License-Identifier: Apache-2.0
// NAM's LSTM: from the file to a network.
//
// Source: the files of Neural Amp Modeler, version 0.5: for each layer
// W[4H][inputs + H], gates i, f, g, o, then b[4H], h0[H], c0[H]; then the head.
#pragma once

#include <absl/status/statusor.h>

#include <memory>

#include "daemon/executor/fused/kernels.h"
#include "daemon/executor/fused/nam_file.h"
#include "daemon/executor/fused/network.h"
#include "daemon/executor/fused/recurrent_net.h"

namespace continuo::executor::fused {

[[nodiscard]] absl::StatusOr<std::unique_ptr<Network>> MakeLstm(const NamFile& file,
                                                                const Kernels& kernels,
                                                                Precision precision);

}  // namespace continuo::executor::fused
