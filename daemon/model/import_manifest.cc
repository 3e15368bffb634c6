// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/import_manifest.h"

#include <algorithm>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/model/license.h"
#include "daemon/model/manifest.h"

namespace continuo::model {
namespace {

std::string_view FileName(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view Stem(std::string_view path) {
  const std::string_view name = FileName(path);
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? name : name.substr(0, dot);
}

// A text of the file for people: no control characters, and no longer than it may be.
std::string Clean(std::string text, std::size_t maximum_bytes) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  if (text.size() > maximum_bytes) {
    std::size_t end = maximum_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
  }
  return text;
}

// How it is asked for by --license, and why.
absl::Status AskForLicense(const std::string& path, std::string_view why) {
  return absl::FailedPreconditionError(base::StrCat(
      kNoLicense, ": ", path, why,
      "; name its licence (an SPDX expression, --license) and its author (--author). If you do "
      "not know the licence, LicenseRef-unknown is an answer"));
}

absl::StatusOr<std::string> ChooseLicense(const InspectedModel& inspected,
                                          const ImportWishes& wishes, const ImportedFile& file) {
  if (!wishes.license.empty()) {
    absl::Status status = CheckLicenseExpression(wishes.license);
    if (!status.ok()) {
      return absl::InvalidArgumentError(base::StrCat("license: ", status.message()));
    }
    return wishes.license;
  }
  const std::string& own = inspected.draft.license();
  if (own.empty()) return AskForLicense(file.path, " states none");
  if (!CheckLicenseExpression(own).ok()) {
    return AskForLicense(file.path, base::StrCat(" says '", Clean(own, kMaxLicenseBytes),
                                                 "', which is no SPDX expression"));
  }
  return own;
}

absl::Status CopyParameters(const v1::ModelManifest& draft, const ImportWishes& wishes,
                            v1::ModelManifest* manifest) {
  auto units = wishes.parameter_units;
  for (const v1::Parameter& found : draft.parameters()) {
    v1::Parameter* parameter = manifest->add_parameters();
    parameter->set_id(found.id());
    parameter->set_name(Clean(found.name(), kMaxNameBytes));
    parameter->set_minimum(found.minimum());
    parameter->set_maximum(found.maximum());
    parameter->set_default_value(found.default_value());
    parameter->set_curve(v1::CURVE_LINEAR);
    parameter->set_level(v1::LEVEL_BASIC);
    parameter->set_smoothing_ms(found.smoothing_ms());
    const auto unit = units.find(found.id());
    if (unit == units.end()) continue;
    parameter->set_unit(unit->second);
    units.erase(unit);
  }
  if (units.empty()) return absl::OkStatus();
  std::string all;
  for (const v1::Parameter& parameter : manifest->parameters()) {
    base::StrAppend(&all, all.empty() ? "" : ", ", parameter.id());
  }
  return absl::InvalidArgumentError(base::StrCat("parameter_units names '", units.begin()->first,
                                                 "'; the file has ",
                                                 all.empty() ? "no parameters" : all));
}

std::string Summary(const InspectedModel& inspected) {
  return Clean(base::StrCat("Imported ", inspected.format,
                            inspected.architecture.empty() ? "" : ", ", inspected.architecture,
                            inspected.weight_count > 0
                                ? base::StrCat(", ", inspected.weight_count,
                                               inspected.weight_count == 1 ? " weight" : " weights")
                                : "",
                            inspected.self_test_passed ? "; its self-test passed" : "", "."),
               kMaxTextBytes);
}

absl::Status CopyVariant(const v1::ModelManifest& draft, const ImportedFile& file,
                         v1::ModelManifest* manifest) {
  if (draft.variants_size() != 1) {
    return absl::InternalError(
        base::StrCat("the inspector gave ", draft.variants_size(), " variants, expected 1"));
  }
  const v1::Variant& found = draft.variants(0);
  v1::Variant* variant = manifest->add_variants();
  variant->set_id(base::StrCat("fp32-", found.sample_rate_hz()));
  variant->set_sample_rate_hz(found.sample_rate_hz());
  variant->set_file(PackagedFileName(file.path));
  variant->set_precision(v1::PRECISION_FP32);
  variant->set_weights_bytes(file.size_bytes);
  *variant->mutable_cost() = found.cost();
  variant->mutable_cost()->set_measured_on(Clean(found.cost().measured_on(), kMaxTextBytes));
  *variant->mutable_options() = found.options();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> IdFromFileName(std::string_view path) {
  std::string id;
  for (const char c : Stem(path)) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || upper;
    if (kept) {
      id += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  if (id.size() > kMaxIdBytes) id.resize(kMaxIdBytes);
  while (!id.empty() && id.back() == '-') id.pop_back();
  if (!id.empty()) return id;
  return absl::InvalidArgumentError(
      base::StrCat("no id can be made of ", FileName(path), "; name one (--id)"));
}

std::string PackagedFileName(std::string_view path) {
  std::string name = Clean(std::string(FileName(path)), kMaxNameBytes);
  std::replace(name.begin(), name.end(), '\\', '_');
  // model.json and NOTICE are the package's own.
  if (name == "model.json" || name == kImportNotice || name.empty()) name = "original-" + name;
  return name;
}

absl::StatusOr<v1::ModelManifest> MakeImportedManifest(const InspectedModel& inspected,
                                                       const ImportWishes& wishes,
                                                       const ImportedFile& file,
                                                       std::vector<std::string>* notes) {
  const v1::ModelManifest& draft = inspected.draft;
  absl::StatusOr<std::string> license = ChooseLicense(inspected, wishes, file);
  if (!license.ok()) return license.status();
  v1::ModelManifest manifest;
  manifest.set_schema(kManifestSchema);
  manifest.set_id(wishes.id);
  manifest.set_version(wishes.version);
  std::string name = wishes.name.empty() ? Clean(draft.name(), kMaxNameBytes) : wishes.name;
  if (name.find_first_not_of(' ') == std::string::npos) {
    name = Clean(std::string(Stem(file.path)), kMaxNameBytes);
  }
  manifest.set_name(name);
  manifest.set_summary(Summary(inspected));
  manifest.set_task(v1::TASK_AUDIO_EFFECT);
  manifest.set_executor(draft.executor());
  *manifest.mutable_audio() = draft.audio();
  absl::Status status = CopyParameters(draft, wishes, &manifest);
  if (status.ok()) status = CopyVariant(draft, file, &manifest);
  if (!status.ok()) return status;
  manifest.set_license(*license);
  manifest.set_attribution(wishes.attribution.empty() ? Clean(draft.attribution(), kMaxTextBytes)
                                                      : wishes.attribution);
  manifest.mutable_provenance()->set_description(
      Clean(base::StrCat("Imported from ", FileName(file.path), " on ", file.date, ", SHA-256 ",
                         file.sha256, "."),
            kMaxTextBytes));
  manifest.set_minimum_daemon_version(std::string(base::kVersion));
  v1::File* listed = manifest.add_files();
  listed->set_path(PackagedFileName(file.path));
  listed->set_size_bytes(file.size_bytes);
  listed->set_sha256(file.sha256);
  if (status = ValidateManifest(manifest); !status.ok()) {
    return absl::InvalidArgumentError(base::StrCat(file.path, ": ", status.message()));
  }
  if (!inspected.sample_rate_stated) {
    notes->push_back(base::StrCat("the file states no sample rate: taken to be ",
                                  manifest.variants(0).sample_rate_hz(), " Hz"));
  }
  if (manifest.attribution().empty()) notes->push_back("no author is known");
  if (*license == "LicenseRef-unknown") {
    notes->push_back("the licence is unknown: do not pass the model on");
  }
  for (const std::string& note : inspected.notes) notes->push_back(Clean(note, kMaxTextBytes));
  return manifest;
}

std::string ImportNotice(const v1::ModelManifest& manifest) {
  return base::StrCat(manifest.name(), "\n\nLicence (SPDX): ", manifest.license(), "\nAuthor: ",
                      manifest.attribution().empty() ? "not known" : manifest.attribution(), "\n",
                      manifest.provenance().description(), "\n");
}

}  // namespace continuo::model
