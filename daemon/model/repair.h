// SPDX-License-Identifier: Apache-2.0
// Putting a damaged package of the user's own right, from another copy.
// Threads: [any-thread]; waits for the disk.
// Errors: FAILED_PRECONDITION where no good copy is found says what to do; else those of Install.
// Nothing has changed then.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "daemon/model/installer.h"
#include "daemon/model/store.h"

namespace continuo::model {

struct Repaired {
  std::string path;
  std::string source;  // empty: there was nothing to repair
};

// An empty version is the one that is used. `source`: an archive or a directory; empty: a package
// of the same content in another of the store's directories is looked for.
[[nodiscard]] absl::StatusOr<Repaired> Repair(ModelStore* store, const std::string& own,
                                              const std::string& id, std::string version,
                                              std::string source, InstallOptions options = {});

}  // namespace continuo::model
