// SPDX-License-Identifier: Apache-2.0
// A model's JSON document with its long lists of numbers taken out: a safetensors file whose text
// "document" has {"$tensor": NAME} in their place. So each format of JSON can be stored in smaller
// numbers, and none has to know.
// Errors: INVALID_ARGUMENT names the tensor or field, what it is and what is expected.
// Threads: [any-thread]; pure functions.
#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/string_view.h>

#include <nlohmann/json.hpp>
#include <string>

#include "daemon/executor/fused/stored_numbers.h"

namespace continuo::executor::fused {

// Lists of 64 numbers and more, nested evenly, of which one at least is no whole number. Those that
// are shorter or of whole numbers say what the network is, and stay as they are. Of kInt8, 32
// numbers have a scale each. FAILED_PRECONDITION where there is no such list.
[[nodiscard]] absl::StatusOr<std::string> PackDocument(const nlohmann::json& document,
                                                       Numbers numbers, bool sparse);

// INVALID_ARGUMENT also where it is no packed document.
[[nodiscard]] absl::StatusOr<nlohmann::json> UnpackDocument(absl::string_view file);

}  // namespace continuo::executor::fused
