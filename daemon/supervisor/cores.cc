// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/cores.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/base/processors.h"

namespace continuo::supervisor {
namespace {

namespace fs = std::filesystem;

// "max 100000", "150000 100000": processors' worth of time; 0: no limit.
double Version2Quota(const fs::path& group) {
  std::ifstream file(group / "cpu.max");
  std::string quota_us;
  double period_us = 0;
  if (!(file >> quota_us >> period_us) || quota_us == "max" || period_us <= 0) return 0;
  return std::strtod(quota_us.c_str(), nullptr) / period_us;
}

double Version1Quota(const fs::path& group) {
  std::ifstream quota(group / "cpu.cfs_quota_us");
  std::ifstream period(group / "cpu.cfs_period_us");
  double quota_us = 0;
  double period_us = 0;
  if (!(quota >> quota_us) || !(period >> period_us) || period_us <= 0) return 0;
  return quota_us > 0 ? quota_us / period_us : 0;
}

// The least of a group and all that it is in.
template <typename Read>
double LeastQuota(const fs::path& mount, const std::string& group, Read read, double least) {
  for (fs::path path = fs::path(group).relative_path();; path = path.parent_path()) {
    const double quota = read(mount / path);
    if (quota > 0) least = std::min(least, quota);
    if (path.empty()) return least;
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

Cores UsableCores(const std::string& root) {
  Cores cores;
  for (const std::uint32_t one : base::AllowedProcessors()) cores.ids.push_back(one - 1);
  cores.quota = static_cast<double>(cores.ids.size());

  std::ifstream groups(root + "/proc/self/cgroup");
  const fs::path mounts = root + "/sys/fs/cgroup";
  for (std::string line; std::getline(groups, line);) {  // "hierarchy:controllers:group"
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      cores.quota = LeastQuota(mounts, group, Version2Quota, cores.quota);
    } else if (Names(controllers, "cpu")) {
      for (const char* mount : {"cpu", "cpu,cpuacct"}) {
        cores.quota = LeastQuota(mounts / mount, group, Version1Quota, cores.quota);
      }
    }
  }
  return cores;
}

}  // namespace continuo::supervisor
