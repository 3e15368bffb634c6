// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/repair.h"

#include <google/protobuf/util/message_differencer.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/model/manifest.h"
#include "daemon/model/package.h"

namespace continuo::model {
namespace {

namespace fs = std::filesystem;

// What the damaged package says of itself, if that much is left of it.
std::optional<v1::ModelManifest> ManifestIn(const std::string& directory) {
  const std::string path = directory + "/model.json";
  const absl::StatusOr<std::string> text = base::ReadFile(path, kMaxManifestBytes);
  if (!text.ok()) return std::nullopt;
  absl::StatusOr<v1::ModelManifest> manifest = ParseManifest(*text, path);
  return manifest.ok() ? std::optional(*std::move(manifest)) : std::nullopt;
}

bool IsGoodCopy(const std::string& directory, const std::string& id, const std::string& version,
                const std::optional<v1::ModelManifest>& wanted) {
  const absl::StatusOr<Package> package = LoadPackage(directory);
  if (!package.ok() || package->manifest.id() != id || package->manifest.version() != version) {
    return false;
  }
  if (wanted && !google::protobuf::util::MessageDifferencer::Equals(*wanted, package->manifest)) {
    return false;
  }
  return VerifyFiles(*package).ok();
}

}  // namespace

absl::StatusOr<Repaired> Repair(ModelStore* store, const std::string& own, const std::string& id,
                                std::string version, std::string source, InstallOptions options) {
  const auto found = store->Find(id, version);
  if (version.empty()) {
    if (!found.ok()) return found.status();
    version = (*found)->manifest.version();
  }
  const std::string place = base::StrCat(own, "/", id, "/", version);
  std::error_code error;
  const bool in_own = fs::is_directory(place, error);
  if (!in_own) {
    if (!found.ok()) return found.status();
    if (VerifyFiles(**found).ok()) return Repaired{(*found)->directory, ""};
    if (source.empty()) {
      return absl::FailedPreconditionError(base::StrCat(
          (*found)->directory, " is damaged and lies outside ", own,
          "; put it right by the means that has put it there, or install a good copy ",
          "of your own (continuoctl models repair ", id, "@", version, " --from ARCHIVE)"));
    }
  }
  const std::optional<v1::ModelManifest> wanted = in_own ? ManifestIn(place) : std::nullopt;
  if (in_own && IsGoodCopy(place, id, version, std::nullopt)) return Repaired{place, ""};
  for (const std::string& root : store->directories()) {
    const std::string copy = base::StrCat(root, "/", id, "/", version);
    if (!source.empty()) break;
    if (!fs::equivalent(root, own, error) && IsGoodCopy(copy, id, version, wanted)) source = copy;
  }
  if (source.empty()) {
    return absl::FailedPreconditionError(base::StrCat(
        place, " is damaged, and no other model directory has the same; give a good copy ",
        "(continuoctl models repair ", id, "@", version, " --from ARCHIVE), or remove it"));
  }
  options.replace = true;
  options.only_own = true;
  options.expected_id = id;
  options.expected_version = version;
  const absl::StatusOr<Installed> installed = Install(store, own, source, options);
  if (!installed.ok()) return installed.status();
  return Repaired{installed->package->directory, source};
}

}  // namespace continuo::model
