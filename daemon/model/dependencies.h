// SPDX-License-Identifier: Apache-2.0
// What packages need of each other.
// A dependency is met by a package of its id and major version that is not older than its
// minimum; which one is used for it is the store's choice among those.
// Threads: [any-thread]; pure functions.
#pragma once

#include <absl/status/status.h>

#include <string>
#include <vector>

#include "continuo/v1/model.pb.h"
#include "daemon/model/store.h"

namespace continuo::model {

[[nodiscard]] bool Meets(const std::string& id, const std::string& version,
                         const v1::Dependency& dependency);

// FAILED_PRECONDITION names every dependency that is not met, and the versions that there are.
[[nodiscard]] absl::Status CheckDependencies(const v1::ModelManifest& manifest,
                                             const Listing& listing);

// "id version" of those whose dependencies would no longer be met without this package (an empty
// version: without all of that id).
[[nodiscard]] std::vector<std::string> DependentsOf(const std::string& id,
                                                    const std::string& version,
                                                    const Listing& listing);

}  // namespace continuo::model
