// SPDX-License-Identifier: Apache-2.0
// What the readers of GuitarML's and RTNeural's files have in common: a recurrent net
// and what the file says of itself.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/executor/fused/recurrent.h"

namespace continuo::executor::fused {

struct RecurrentFile {
  std::string format;
  RecurrentNet net;
  std::uint64_t weight_count = 0;  // as the file has them
  std::uint32_t sample_rate_hz = 0;
  bool states_sample_rate = false;    // else the format's usual one
  std::string name, author, license;  // empty where the file has none
  std::vector<std::string> notes;
  // The output that the net gave when the file was made; empty: not in the file.
  // From its start, without gains, the parameters at 0.
  std::vector<float> test_in, test_out;
};

// Numbers of a file in nested lists, refused unless there are as many as expected and
// all are finite. `path` names them in messages; the first error stays in `status`,
// after which all are empty.
[[nodiscard]] std::vector<float> ReadNumbers(const nlohmann::json* list, const std::string& path,
                                             std::size_t count, absl::Status& status);
[[nodiscard]] std::vector<float> ReadMatrix(const nlohmann::json* lists, const std::string& path,
                                            std::size_t rows, std::size_t columns,
                                            absl::Status& status);
// `count` such matrices, one after the other.
[[nodiscard]] std::vector<float> ReadMatrices(const nlohmann::json* lists, const std::string& path,
                                              std::size_t count, std::size_t rows,
                                              std::size_t columns, absl::Status& status);
// Null where it is none, or has no such field.
[[nodiscard]] const nlohmann::json* Member(const nlohmann::json* object, const std::string& name);

// INVALID_ARGUMENT with the size of the difference if the net does not give `test_out`.
[[nodiscard]] absl::Status RunSelfTest(const RecurrentFile& file, const Kernels& kernels);

}  // namespace continuo::executor::fused
