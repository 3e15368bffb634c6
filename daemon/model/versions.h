// SPDX-License-Identifier: Apache-2.0
// Which of a model's versions is used where none is asked for: the pinned one, else the newest.
// Threads: [any-thread]; waits for the disk.
// Errors: NOT_FOUND and FAILED_PRECONDITION say which versions there are; nothing has changed then.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>

#include "daemon/model/store.h"

namespace continuo::model {

struct UsedVersion {
  std::string before;  // empty: none
  std::string now;
};

// Empty where none is installed.
[[nodiscard]] std::string VersionInUse(const Listing& listing, const std::string& id);

// An empty version: the newest again.
[[nodiscard]] absl::StatusOr<UsedVersion> Pin(ModelStore* store, const std::string& id,
                                              const std::string& version);
// To the one that was used before, else the next older one; again, and it is back.
[[nodiscard]] absl::StatusOr<UsedVersion> RollBack(ModelStore* store, const std::string& id);

// After something was installed: what was used before it is what a rollback goes back to.
[[nodiscard]] absl::Status NoteInstalled(ModelStore* store, const std::string& id,
                                         const std::string& used_before);
// After something was removed: nobody goes back to it. An empty version: all.
[[nodiscard]] absl::Status NoteRemoved(ModelStore* store, const std::string& id,
                                       const std::string& version);

}  // namespace continuo::model
