// SPDX-License-Identifier: Apache-2.0
// `--set name=value` and `--preset ID`, checked against a model's manifest, so that
// a mistake is named before anything starts.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "continuo/v1/model.pb.h"

namespace continuo::ctl {

using Settings = std::vector<std::pair<std::string, float>>;

// "gain=0.5" to ("gain", 0.5). Usage error where it is not of that form, is not a
// finite number, or names a parameter twice.
[[nodiscard]] Settings ParseSettings(const std::vector<std::string>& texts);

// The preset's values, then `settings` over them. Refused: a preset or parameter
// that the model does not have (its own are named), a value out of range.
[[nodiscard]] Settings CheckedSettings(const v1::ModelManifest& manifest, const std::string& preset,
                                       const Settings& settings);

}  // namespace continuo::ctl
