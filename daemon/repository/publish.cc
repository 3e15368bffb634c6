// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/publish.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/model/archive.h"
#include "daemon/model/package.h"
#include "daemon/model/room.h"
#include "daemon/model/sha256.h"
#include "daemon/model/store.h"
#include "daemon/model/variant.h"
#include "daemon/repository/index.h"
#include "daemon/repository/signature.h"
#include "daemon/repository/source.h"
#include "shared/files/whole_file.h"

namespace continuo::repository {
namespace {

namespace fs = std::filesystem;
using Packages = std::vector<std::shared_ptr<const model::Package>>;

// Others read what is published, a web server for one.
constexpr mode_t kForAll = 0644;

absl::StatusOr<Packages> ReadPackages(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return absl::NotFoundError(base::StrCat(folder, " is no directory"));
  }
  model::ModelStore store({folder});
  const auto listing = store.List();
  // One that is left out by mistake would be missed by its users.
  if (!listing->refused.empty()) {
    const model::RefusedPackage& refused = listing->refused.front();
    return absl::InvalidArgumentError(
        base::StrCat(refused.path, ": ", refused.reason, "; nothing is published"));
  }
  if (listing->packages.empty()) {
    return absl::InvalidArgumentError(
        base::StrCat(folder, " has no package; one lies in a directory of it, with a model.json"));
  }
  return listing->packages;
}

// The index that is there, if it is ours.
absl::StatusOr<std::optional<v1::RepositoryIndex>> ReadPrevious(const PublishOptions& options) {
  const std::string path = options.out + "/index.json";
  const auto text = base::ReadFile(path, kMaxIndexBytes);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  if (!text.ok()) return text.status();
  const auto signature = base::ReadFile(path + ".sig", kSignatureBytes);
  const auto key = PublicKeyOf(options.secret_key);
  if (!key.ok()) return key.status();
  if (!signature.ok() || !VerifySignature(*text, *signature, {*key}).ok()) {
    return absl::FailedPreconditionError(
        base::StrCat(path,
                     " is not signed with this key; take another directory, or remove it "
                     "where its key was lost"));
  }
  absl::StatusOr<v1::RepositoryIndex> index = ParseIndex(*text, path);
  if (!index.ok()) return index.status();
  return *std::move(index);
}

absl::Status Measure(const std::string& path, v1::RepositoryEntry* entry) {
  std::ifstream file(path, std::ios::binary);
  model::Sha256 sha256;
  std::vector<char> buffer(1U << 20);
  std::uint64_t size = 0;
  while (file) {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    sha256.Update(buffer.data(), static_cast<std::size_t>(file.gcount()));
    size += static_cast<std::uint64_t>(file.gcount());
  }
  if (!file.eof()) return absl::DataLossError(base::StrCat("cannot read ", path));
  entry->set_size_bytes(size);
  entry->set_sha256(sha256.Finish());
  return absl::OkStatus();
}

v1::Channel ChannelOf(const v1::ModelManifest& manifest, const PublishOptions& options) {
  const bool beta = std::any_of(options.beta.begin(), options.beta.end(), [&](const auto& name) {
    return name == manifest.id() || name == base::StrCat(manifest.id(), "@", manifest.version());
  });
  return beta ? v1::CHANNEL_BETA : v1::CHANNEL_STABLE;
}

absl::Status CheckUnchanged(const v1::RepositoryIndex& previous, const v1::RepositoryEntry& entry) {
  for (const v1::RepositoryEntry& old : previous.entries()) {
    if (old.id() != entry.id() || old.version() != entry.version()) continue;
    if (old.sha256() == entry.sha256()) return absl::OkStatus();
    return absl::FailedPreconditionError(
        base::StrCat(entry.id(), " ", entry.version(),
                     " was published with another content; raise its version"));
  }
  return absl::OkStatus();
}

// "--beta amp" that names nothing is a slip that would put amp on the stable channel.
absl::Status CheckBeta(const PublishOptions& options, const v1::RepositoryIndex& index) {
  for (const std::string& name : options.beta) {
    const bool fits =
        std::any_of(index.entries().begin(), index.entries().end(), [&](const auto& entry) {
          return name == entry.id() || name == base::StrCat(entry.id(), "@", entry.version());
        });
    if (!fits) {
      return absl::NotFoundError(
          base::StrCat("the beta channel is to have '", name, "', which is not in the folder"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

v1::RepositoryEntry Describe(const v1::ModelManifest& manifest) {
  v1::RepositoryEntry entry;
  entry.set_id(manifest.id());
  entry.set_version(manifest.version());
  entry.set_name(manifest.name());
  entry.set_summary(manifest.summary());
  entry.set_task(manifest.task());
  entry.set_license(manifest.license());
  entry.set_attribution(manifest.attribution());
  entry.set_minimum_daemon_version(manifest.minimum_daemon_version());
  for (const v1::Variant& variant : manifest.variants()) {
    v1::RepositoryVariant* const added = entry.add_variants();
    added->set_id(variant.id());
    added->set_sample_rate_hz(variant.sample_rate_hz());
    added->set_weights_bytes(variant.weights_bytes());
    if (variant.has_cost()) *added->mutable_cost() = variant.cost();
    added->set_precision(variant.precision());
    added->set_executor(model::ExecutorOf(manifest, variant));
    added->set_error(variant.error());
  }
  *entry.mutable_quality() = manifest.quality();
  entry.set_latency_frames(manifest.audio().latency_frames());
  entry.set_parameter_count(static_cast<std::uint32_t>(manifest.parameters_size()));
  entry.set_stated_error(manifest.stated_error());
  if (manifest.has_notes()) *entry.mutable_notes() = manifest.notes();
  *entry.mutable_dependencies() = manifest.dependencies();
  entry.set_installed_bytes(model::SizeOfFiles(manifest));
  return entry;
}

absl::StatusOr<v1::RepositoryIndex> Publish(const PublishOptions& options) {
  absl::StatusOr<Packages> packages = ReadPackages(options.folder);
  if (!packages.ok()) return packages.status();
  std::error_code error;
  fs::create_directories(options.out, error);
  if (error) {
    return absl::PermissionDeniedError(
        base::StrCat("cannot make ", options.out, ": ", error.message()));
  }
  const auto previous = ReadPrevious(options);
  if (!previous.ok()) return previous.status();
  v1::RepositoryIndex index;
  index.set_schema(kIndexSchema);
  index.set_name(options.name.empty() && *previous ? (*previous)->name() : options.name);
  index.set_created_unix_s(options.created_unix_s);
  index.set_expires_unix_s(options.created_unix_s + options.expires_after_s);
  index.set_serial(options.serial > 0 ? options.serial : *previous ? (*previous)->serial() + 1 : 1);
  index.mutable_mirrors()->Assign(options.mirrors.begin(), options.mirrors.end());
  for (const auto& package : *packages) {
    if (absl::Status status = model::VerifyFiles(*package); !status.ok()) return status;
    v1::RepositoryEntry entry = Describe(package->manifest);
    entry.set_channel(ChannelOf(package->manifest, options));
    entry.set_archive(model::ArchiveName(package->manifest));
    // Beside its name: one that was published is not touched before it is known to be the same.
    const std::string path = Beside(options.out, entry.archive());
    const std::string fresh = Beside(options.out, "." + entry.archive() + ".new");
    absl::Status status = model::Pack(package->directory, fresh);
    if (status.ok()) status = Measure(fresh, &entry);
    if (status.ok() && *previous) status = CheckUnchanged(**previous, entry);
    if (status.ok()) {
      fs::rename(fresh, path, error);
      if (error) status = absl::InternalError(base::StrCat(path, ": ", error.message()));
    }
    if (!status.ok()) {
      fs::remove(fresh, error);
      return status;
    }
    *index.add_entries() = std::move(entry);
  }
  if (absl::Status status = CheckBeta(options, index); !status.ok()) return status;
  if (*previous) {
    if (absl::Status status = CheckSuccessor(**previous, index); !status.ok()) return status;
  }
  const absl::StatusOr<std::string> text = FormatIndex(index);
  if (!text.ok()) return text.status();
  const absl::StatusOr<std::string> signature = Sign(*text, options.secret_key);
  if (!signature.ok()) return signature.status();
  absl::Status status = files::ReplaceFile(options.out + "/index.json.sig", *signature, kForAll);
  if (status.ok()) status = files::ReplaceFile(options.out + "/index.json", *text, kForAll);
  if (!status.ok()) return status;
  return index;
}

}  // namespace continuo::repository
