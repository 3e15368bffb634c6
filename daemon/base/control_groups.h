// SPDX-License-Identifier: Apache-2.0
// The control groups that this process is in, as the directories that describe them.
// Threads: [any-thread]; reads files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace continuo::base {

struct ControlGroups {
  // Innermost first, each with all that it is in, to the mount itself.
  std::vector<std::filesystem::path> version2;
  std::vector<std::filesystem::path> version1;  // of the controller asked for
};

// `controller` of version 1: "cpu", "memory". `root` is "" but in tests.
[[nodiscard]] ControlGroups FindControlGroups(const std::string& controller,
                                              const std::string& root = "");

}  // namespace continuo::base
