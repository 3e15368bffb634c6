// SPDX-License-Identifier: Apache-2.0
// How far a model's output is from the golden output of its package, or from another model's.
//
// The description is that of models/common/package.py and notes_package.py: JSON with a case a
// variant, and raw little-endian files beside it. It comes from a package and is read with
// distrust. Errors: INVALID_ARGUMENT names the file or field; NOT_FOUND where there is no case that
// fits. Threads: as executor::Model; not an audio thread.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/executor/executor.h"

namespace continuo::executor {

struct Deviation {
  double difference = 0;  // the greatest: of full scale 1.0, of a logit in nats
  double tolerance = 0;   // what the case allows; 0: there is no case
};

// `variant`'s own case, else one for the same rate, whose tolerance is another's. `defaults`: one
// value a parameter, for those that the case does not name.
[[nodiscard]] absl::StatusOr<Deviation> CompareWithGolden(
    Model& model, const std::vector<std::string>& parameter_ids, const std::vector<float>& defaults,
    const std::string& description_path, const std::string& variant);
[[nodiscard]] absl::StatusOr<Deviation> CompareWithGolden(const Decoder& decoder,
                                                          const std::string& description_path,
                                                          const std::string& variant);

// On a second of noise, and on 256 cells drawn by a fixed seed.
[[nodiscard]] absl::StatusOr<Deviation> CompareWith(Model& original, Model& model,
                                                    const std::vector<float>& parameters);
[[nodiscard]] absl::StatusOr<Deviation> CompareWith(const Decoder& original,
                                                    const Decoder& decoder);

}  // namespace continuo::executor
