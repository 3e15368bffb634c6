// SPDX-License-Identifier: Apache-2.0
// Files that are there as a whole or not at all, after a power cut too: written beside their
// place, synchronised, renamed.
// Threads: [any-thread]; all of these wait for the disk.
// Errors: as the system says, with the path.
#pragma once

#include <absl/status/status.h>
#include <sys/types.h>

#include <string>
#include <string_view>

namespace continuo::files {

// The status of errno.
[[nodiscard]] absl::Status SystemError(const std::string& what);

// In the place of another, or new: readers see the old bytes or the new ones. On failure nothing
// is left beside it.
[[nodiscard]] absl::Status ReplaceFile(const std::string& path, std::string_view bytes,
                                       mode_t mode = 0600);

// The names in it are on the disk.
[[nodiscard]] absl::Status SyncDirectory(const std::string& path);

// Makes a directory and its parents, private, with their names on the disk.
[[nodiscard]] absl::Status MakeDirectories(const std::string& path);

}  // namespace continuo::files
