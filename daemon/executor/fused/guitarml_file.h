// SPDX-License-Identifier: Apache-2.0
// The .json files of GuitarML (Proteus and its kin): a recurrent net as PyTorch keeps it.
//
// Source: the files themselves. `model_data` says the shape; `state_dict` holds, for each
// layer l, rec.weight_ih_l<l> [gates × hidden][inputs], rec.weight_hh_l<l>, two biases;
// then lin.weight [1][hidden] and lin.bias. The input is added to the output where `skip`
// is 1. Inputs beyond the first are knobs from 0 to 1. The rate is 44.1 kHz, unstated.
// Errors: INVALID_ARGUMENT names the field, what it is, and what is expected.
#pragma once

#include <absl/status/statusor.h>

#include <nlohmann/json.hpp>

#include "daemon/executor/fused/recurrent_file.h"

namespace continuo::executor::fused {

[[nodiscard]] absl::StatusOr<RecurrentFile> ReadGuitarMlFile(const nlohmann::json& document);

}  // namespace continuo::executor::fused
