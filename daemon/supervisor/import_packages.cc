// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/import_packages.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/model/import_manifest.h"
#include "daemon/model/license.h"
#include "daemon/model/manifest.h"

namespace continuo::supervisor {
namespace {

std::string MethodOf(const internal::InspectedModel& found) {
  if (found.draft().variants_size() != 1) return {};
  const auto& options = found.draft().variants(0).options();
  const auto method = options.find("method");
  return method == options.end() ? "" : method->second;
}

model::InspectedModel ToModel(const internal::InspectedModel& found, const std::string& prefix) {
  model::InspectedModel inspected;
  inspected.draft = found.draft();
  inspected.format = found.format();
  inspected.architecture = found.architecture();
  inspected.weight_count = found.weight_count();
  inspected.self_test_passed = found.self_test_passed();
  inspected.sample_rate_stated = found.sample_rate_stated();
  for (const std::string& note : found.notes()) inspected.notes.push_back(prefix + note);
  return inspected;
}

bool IsWanted(const v1::ImportModelRequest& request, const std::string& method) {
  return request.methods().empty() || std::find(request.methods().begin(), request.methods().end(),
                                                method) != request.methods().end();
}

absl::Status CheckMethods(const v1::ImportModelRequest& request,
                          const internal::Inspected& inspected) {
  std::string all;
  for (const auto& found : inspected.models()) {
    base::StrAppend(&all, all.empty() ? "" : ", ", MethodOf(found));
  }
  for (const std::string& wanted : request.methods()) {
    const bool there = std::any_of(inspected.models().begin(), inspected.models().end(),
                                   [&](const auto& found) { return MethodOf(found) == wanted; });
    if (there) continue;
    return absl::InvalidArgumentError(base::StrCat("methods names '", wanted, "'; ", request.path(),
                                                   " has ", all.empty() ? "none" : all));
  }
  return absl::OkStatus();
}

// As MakeImportedManifest; a dry run takes a licence that is not known for LicenseRef-unknown.
absl::StatusOr<v1::ModelManifest> MakeManifest(const model::InspectedModel& inspected,
                                               model::ImportWishes wishes,
                                               const model::ImportedFile& file, bool dry_run,
                                               std::vector<std::string>* notes) {
  absl::StatusOr<v1::ModelManifest> manifest =
      model::MakeImportedManifest(inspected, wishes, file, notes);
  if (manifest.ok() || !dry_run || !absl::IsFailedPrecondition(manifest.status())) return manifest;
  wishes.license = "LicenseRef-unknown";
  notes->push_back(std::string(base::MessageOf(manifest.status())));
  return model::MakeImportedManifest(inspected, wishes, file, notes);
}

}  // namespace

absl::Status CheckImportRequest(const v1::ImportModelRequest& request) {
  const std::string& path = request.path();
  if (path.empty() || path[0] != '/' || path.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError("path is not an absolute path");
  }
  if (path.size() > model::kMaxTextBytes) {
    return absl::InvalidArgumentError(
        base::StrCat("path has ", path.size(), " bytes, the limit is ", model::kMaxTextBytes));
  }
  if (!request.license().empty()) {
    absl::Status status = model::CheckLicenseExpression(request.license());
    if (!status.ok()) {
      return absl::InvalidArgumentError(base::StrCat("license: ", status.message()));
    }
  }
  const std::uint32_t rate = request.sample_rate_hz();
  if (rate != 0 && (rate < model::kMinSampleRateHz || rate > model::kMaxSampleRateHz)) {
    return absl::InvalidArgumentError(base::StrCat("sample_rate_hz is ", rate, ", outside ",
                                                   model::kMinSampleRateHz, " to ",
                                                   model::kMaxSampleRateHz));
  }
  if (!request.version().empty() && !base::ParseSemanticVersion(request.version())) {
    return absl::InvalidArgumentError(
        base::StrCat("version is '", request.version(), "', not MAJOR.MINOR.PATCH"));
  }
  return request.id().empty() ? absl::OkStatus() : model::CheckModelId(request.id());
}

absl::Status MakeImportPackages(const v1::ImportModelRequest& request, const std::string& id,
                                const std::string& version, const internal::Inspected& inspected,
                                const std::function<absl::Status(const std::string&)>& check_id,
                                model::Staging* staging, v1::ImportResult* result) {
  if (absl::Status status = CheckMethods(request, inspected); !status.ok()) return status;
  std::vector<std::string> notes;
  for (const internal::InspectedModel& found : inspected.models()) {
    const std::string method = MethodOf(found);
    if (!IsWanted(request, method)) continue;
    const bool several = inspected.models_size() > 1;
    model::ImportWishes wishes{id,
                               request.name(),
                               request.license(),
                               request.attribution(),
                               {request.parameter_units().begin(), request.parameter_units().end()},
                               version};
    if (result->manifests_size() > 0) {  // the one that a musician expects has the plain id
      absl::StatusOr<std::string> own = model::IdFromFileName(base::StrCat(id, "-", method));
      if (!own.ok()) return own.status();
      if (absl::Status status = check_id(*own); !status.ok()) return status;
      wishes.id = *std::move(own);
      wishes.name = base::StrCat(result->manifests(0).name(), " (", method, ")");
    }
    absl::StatusOr<v1::ModelManifest> manifest =
        MakeManifest(ToModel(found, several ? method + ": " : ""), wishes, staging->original(),
                     request.dry_run(), &notes);
    if (!manifest.ok()) return manifest.status();
    if (!request.dry_run()) {
      if (absl::Status status = staging->AddPackage(*manifest); !status.ok()) return status;
    }
    *result->add_manifests() = *std::move(manifest);
  }
  for (const std::string& note : notes) {
    const auto& known = result->notes();
    if (std::find(known.begin(), known.end(), note) == known.end()) result->add_notes(note);
  }
  return absl::OkStatus();
}

}  // namespace continuo::supervisor
