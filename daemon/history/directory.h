// SPDX-License-Identifier: Apache-2.0
// The history's directory: what is in it, and how a damaged history leaves it.
//
// Layout: history.db with SQLite's -wal and -shm, blobs/, lock, and damaged-<time>/ for what was
// set aside. A file named `damaged` says that the next start has to do that.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>

namespace continuo::history {

[[nodiscard]] std::string DatabasePath(const std::string& directory);
[[nodiscard]] std::string BlobDirectory(const std::string& directory);

// Moves database, blobs and the mark (MarkDamaged() has been called) into a directory of their
// own, whose path it returns: nothing of them is changed. Killed in between, the mark is left,
// and the next call moves the rest.
[[nodiscard]] absl::StatusOr<std::string> SetAside(const std::string& directory);

// Remembers over the end of this process that damage was seen.
void MarkDamaged(const std::string& directory, const std::string& reason);
[[nodiscard]] bool IsMarkedDamaged(const std::string& directory);

}  // namespace continuo::history
