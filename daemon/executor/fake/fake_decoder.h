// SPDX-License-Identifier: Apache-2.0
// A decoder whose logits are hashes of all that it has seen: whoever mixes up sequences, cells
// or their order gets other notes. And it can be told to misbehave.
//
// Lines KEY=VALUE of the weights file, all optional:
//   cell_us    computes for so long, for each cell
//   abort_at   the process ends by SIGABRT when a sequence comes to so many cells
//   fail_at    Next() fails there
//   hang_at    Next() never returns there
// `weights` is held as long as the decoder is.
// Shape: one grid field of 128 values, token fields of 129 and 64, a vocabulary of 129.
#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <memory>
#include <string>

#include "daemon/executor/decoder.h"

namespace continuo::executor {

[[nodiscard]] std::unique_ptr<Decoder> MakeFakeDecoder(
    const std::map<std::string, std::string>& keys, std::string weights = {});

}  // namespace continuo::executor
