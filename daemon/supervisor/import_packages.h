// SPDX-License-Identifier: Apache-2.0
// From an inspector's answer to packages that are ready to be installed.
// Threads: [any-thread]; MakeImportPackages writes to the disk.
#pragma once

#include <absl/status/status.h>

#include <functional>
#include <string>

#include "continuo/internal/runner.pb.h"
#include "continuo/v1/model_service.pb.h"
#include "daemon/model/staging.h"

namespace continuo::supervisor {

// What can be said before the file is looked at; INVALID_ARGUMENT names the field.
[[nodiscard]] absl::Status CheckImportRequest(const v1::ImportModelRequest& request);

// One package of `version` for each model of the file that is wanted, the first with `id`, the
// others with "<id>-<method>"; `check_id` refuses an id that is taken. A dry run writes nothing,
// and needs no licence. `result` gets manifests and notes.
[[nodiscard]] absl::Status MakeImportPackages(
    const v1::ImportModelRequest& request, const std::string& id, const std::string& version,
    const internal::Inspected& inspected,
    const std::function<absl::Status(const std::string&)>& check_id, model::Staging* staging,
    v1::ImportResult* result);

}  // namespace continuo::supervisor
