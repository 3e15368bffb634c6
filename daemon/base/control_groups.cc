// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/control_groups.h"

#include <fstream>
#include <sstream>

namespace continuo::base {
namespace {

namespace fs = std::filesystem;

void AddAll(const fs::path& mount, const std::string& group, std::vector<fs::path>* directories) {
  for (fs::path path = fs::path(group).relative_path();; path = path.parent_path()) {
    directories->push_back(mount / path);
    if (path.empty()) return;
  }
}

bool Names(const std::string& controllers, const std::string& wanted) {
  std::istringstream list(controllers);
  for (std::string name; std::getline(list, name, ',');) {
    if (name == wanted) return true;
  }
  return false;
}

}  // namespace

ControlGroups FindControlGroups(const std::string& controller, const std::string& root) {
  ControlGroups found;
  std::ifstream groups(root + "/proc/self/cgroup");
  const fs::path mounts = root + "/sys/fs/cgroup";
  for (std::string line; std::getline(groups, line);) {  // "hierarchy:controllers:group"
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      AddAll(mounts, group, &found.version2);
    } else if (Names(controllers, controller)) {
      // Mounted under its own name, or, with those that it shares a hierarchy with, under all.
      for (const std::string& mount : {controller, controllers}) {
        AddAll(mounts / mount, group, &found.version1);
        if (controllers == controller) break;
      }
    }
  }
  return found;
}

}  // namespace continuo::base
