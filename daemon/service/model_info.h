// SPDX-License-Identifier: Apache-2.0
// What the parts of ModelService share: checks of a request's fields, and a package as a message.
#pragma once

#include <absl/status/status.h>

#include <string>

#include "continuo/v1/model_service.pb.h"
#include "daemon/model/store.h"
#include "daemon/service/snapshot.h"

namespace continuo::service {

// An id, and a version or none.
[[nodiscard]] absl::Status CheckModel(const std::string& id, const std::string& version);
// An absolute path of this machine.
[[nodiscard]] absl::Status CheckPath(const char* field, const std::string& path);

[[nodiscard]] v1::ModelInfo ToProto(const model::Package& package, const model::Listing& listing,
                                    const supervisor::Snapshot& snapshot);

}  // namespace continuo::service
