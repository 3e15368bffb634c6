// SPDX-License-Identifier: Apache-2.0
// Writing that is on the disk when it says so.
// Problem: what is renamed to its place has to be whole after a power cut too, so every file
// and directory is synchronised before it is referred to.
// Threads: [any-thread]; all of these wait for the disk.
// Errors: as the system says, with the path.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>
#include <string_view>

#include "daemon/base/unique_fd.h"
#include "shared/files/whole_file.h"

namespace continuo::model {

using files::ReplaceFile;
using files::SyncDirectory;
using files::SystemError;

// A new file (mode 0600); what is there already, a link too, is an error.
[[nodiscard]] absl::StatusOr<base::UniqueFd> CreateFile(const std::string& path);
[[nodiscard]] absl::Status WriteAll(int fd, const char* data, std::size_t bytes,
                                    const std::string& path);
[[nodiscard]] absl::Status SyncAndClose(base::UniqueFd fd, const std::string& path);
// The directories of a tree, from the leaves up.
[[nodiscard]] absl::Status SyncDirectories(const std::string& root);
[[nodiscard]] absl::Status MakeDirectory(const std::string& path);

// A new file with this text.
[[nodiscard]] absl::Status WriteNewFile(const std::string& path, std::string_view text);

}  // namespace continuo::model
