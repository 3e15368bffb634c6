// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/dependencies.h"

#include <algorithm>

#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"

namespace continuo::model {

bool Meets(const std::string& id, const std::string& version, const v1::Dependency& dependency) {
  const auto found = base::ParseSemanticVersion(version);
  const auto minimum = base::ParseSemanticVersion(dependency.minimum_version());
  return id == dependency.id() && found && minimum && found->major_part == minimum->major_part &&
         *found >= *minimum;
}

absl::Status CheckDependencies(const v1::ModelManifest& manifest, const Listing& listing) {
  std::string missing;
  for (const v1::Dependency& dependency : manifest.dependencies()) {
    std::string others;
    bool met = false;
    for (const auto& package : listing.packages) {
      met = met || Meets(package->manifest.id(), package->manifest.version(), dependency);
      if (package->manifest.id() != dependency.id()) continue;
      base::StrAppend(&others, others.empty() ? "" : ", ", package->manifest.version());
    }
    if (met) continue;
    base::StrAppend(&missing, missing.empty() ? "" : "; ", dependency.id(), " of at least ",
                    dependency.minimum_version(), " and the same major version (",
                    others.empty() ? "none is installed" : "installed: " + others, ")");
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(base::StrCat(manifest.id(), " ", manifest.version(),
                                                    " needs ", missing, "; install that first"));
}

std::vector<std::string> DependentsOf(const std::string& id, const std::string& version,
                                      const Listing& listing) {
  Listing without;
  for (const auto& package : listing.packages) {
    const v1::ModelManifest& manifest = package->manifest;
    if (manifest.id() != id || !(version.empty() || manifest.version() == version)) {
      without.packages.push_back(package);
    }
  }
  std::vector<std::string> dependents;
  for (const auto& package : without.packages) {
    const v1::ModelManifest& manifest = package->manifest;
    // One whose dependencies were not met before does not hold this one back.
    if (CheckDependencies(manifest, listing).ok() && !CheckDependencies(manifest, without).ok()) {
      dependents.push_back(base::StrCat(manifest.id(), " ", manifest.version()));
    }
  }
  return dependents;
}

}  // namespace continuo::model
