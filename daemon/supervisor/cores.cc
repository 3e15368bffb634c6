// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/cores.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "daemon/base/control_groups.h"
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

}  // namespace

Cores UsableCores(const std::string& root) {
  Cores cores;
  for (const std::uint32_t one : base::AllowedProcessors()) cores.ids.push_back(one - 1);
  cores.quota = static_cast<double>(cores.ids.size());

  const auto limit = [&cores](double quota) {
    if (quota > 0) cores.quota = std::min(cores.quota, quota);
  };
  const base::ControlGroups groups = base::FindControlGroups("cpu", root);
  for (const fs::path& group : groups.version2) limit(Version2Quota(group));
  for (const fs::path& group : groups.version1) limit(Version1Quota(group));
  return cores;
}

}  // namespace continuo::supervisor
