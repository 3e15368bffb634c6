// SPDX-License-Identifier: Apache-2.0
// Which files a process reaches, by the kernel's Landlock.
// Source: linux/Documentation/userspace-api/landlock.rst.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

namespace continuo::runner {

struct ReachableFiles {
  std::vector<std::string> readable;  // and what lies below; what does not exist is left out
  std::vector<std::string> writable;  // existing files there are written too, none is made
};

// The calling thread, and those that it starts, reach nothing else from here on; where the
// kernel knows how, they neither bind nor connect TCP, nor reach abstract sockets or signal
// processes outside. Gives the version of the interface, 0: the kernel has none, nothing is done.
[[nodiscard]] absl::StatusOr<int> RestrictFiles(const ReachableFiles& files);

}  // namespace continuo::runner
