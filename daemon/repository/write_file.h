// SPDX-License-Identifier: Apache-2.0
// A small file, there as a whole or not at all: written beside its place, synced, renamed.
#pragma once

#include <absl/status/status.h>
#include <sys/types.h>

#include <string>
#include <string_view>

namespace continuo::repository {

// Nothing is left beside it on failure; the message names the path.
[[nodiscard]] absl::Status WriteFileWhole(const std::string& path, std::string_view bytes,
                                          mode_t mode = 0644);

}  // namespace continuo::repository
