// SPDX-License-Identifier: Apache-2.0
#include "daemon/service/model_info.h"

#include "daemon/base/str_cat.h"
#include "daemon/model/license.h"
#include "daemon/model/manifest.h"
#include "daemon/model/versions.h"
#include "daemon/service/limits.h"

namespace continuo::service {

absl::Status CheckModel(const std::string& id, const std::string& version) {
  absl::Status status = CheckId("id", id);
  status.Update(CheckText("version", version, kMaxIdBytes));
  return status;
}

absl::Status CheckPath(const char* field, const std::string& path) {
  if (path.empty() || path[0] != '/') {
    return absl::InvalidArgumentError(base::StrCat(field, " is not an absolute path"));
  }
  return CheckText(field, path, model::kMaxTextBytes);
}

v1::ModelInfo ToProto(const model::Package& package, const model::Listing& listing,
                      const supervisor::Snapshot& snapshot) {
  v1::ModelInfo info;
  const v1::ModelManifest& manifest = package.manifest;
  *info.mutable_manifest() = manifest;
  info.set_path(package.directory);
  const std::string prefix = base::StrCat(manifest.id(), "/", manifest.version(), "/");
  for (const supervisor::RunnerInfo& runner : snapshot.runners) {
    for (const std::string& key : runner.models) {
      if (key.rfind(prefix, 0) == 0) info.add_loaded_variants(key.substr(prefix.size()));
    }
  }
  for (const supervisor::StreamInfo& stream : snapshot.streams) {
    if (stream.model_id == manifest.id() && stream.model_version == manifest.version()) {
      info.set_streams(info.streams() + 1);
    }
  }
  info.set_used(model::VersionInUse(listing, manifest.id()) == manifest.version());
  if (const auto choice = listing.choices.find(manifest.id()); choice != listing.choices.end()) {
    info.set_pinned(choice->second.pinned == manifest.version());
    info.set_previous(!info.used() && choice->second.previous == manifest.version());
  }
  if (const auto terms = model::LicenseTermsOf(manifest.license()); terms.ok()) {
    *info.mutable_terms() = *terms;
  }
  return info;
}

}  // namespace continuo::service
