// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/lint.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/model/archive.h"
#include "daemon/model/durable.h"
#include "daemon/model/license.h"
#include "daemon/model/manifest.h"
#include "daemon/model/package.h"
#include "daemon/model/parameters.h"
#include "daemon/model/staging.h"

namespace continuo::model {
namespace {

namespace fs = std::filesystem;
using Findings = std::vector<v1::Finding>;

constexpr std::size_t kMaxFindings = 512;

void Error(std::string_view field, std::string_view message, Findings* findings) {
  AddFinding(v1::SEVERITY_ERROR, field, message, findings);
}
void Warn(std::string_view field, std::string_view message, Findings* findings) {
  AddFinding(v1::SEVERITY_WARNING, field, message, findings);
}

// "variants[1].file 'x' is missing": the field, and the rest.
std::pair<std::string, std::string> Divide(const std::string& message) {
  constexpr std::string_view kNumber = "the number of ";
  const std::size_t begin = message.rfind(kNumber, 0) == 0 ? kNumber.size() : 0;
  const std::size_t end =
      message.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.[]", begin);
  if (end == std::string::npos) return {"", message};
  const std::string field = message.substr(begin, end - begin);
  if (begin > 0) return {field, base::StrCat("their number", message.substr(end))};
  const std::size_t rest = message.find_first_not_of(" :", end);
  return {field, rest == std::string::npos ? "" : message.substr(rest)};
}

std::string At(std::string_view list, int index, std::string_view field) {
  return base::StrCat(list, "[", index, "].", field);
}

// 0 to 1, 0 to 10, −1 to 1: numbers that need no unit.
bool IsBare(const v1::Parameter& parameter) {
  return (parameter.minimum() == 0 && (parameter.maximum() == 1 || parameter.maximum() == 10)) ||
         (parameter.minimum() == -1 && parameter.maximum() == 1);
}

// Macros and conditions that do nothing.
void WarnOfLinks(int index, const v1::ModelManifest& manifest, Findings* findings) {
  if (manifest.parameters_size() > kMaxParameters) return;  // has been told of
  const v1::Parameter& parameter = manifest.parameters(index);
  for (int k = 0; k < parameter.targets_size(); ++k) {
    const v1::MacroTarget& target = parameter.targets(k);
    const int moved = FindParameter(manifest, target.parameter());
    if (moved < 0) continue;  // has been told of
    const float start = manifest.parameters(moved).default_value();
    if (target.from() == start && target.to() == start) {
      Warn(At("parameters", index, base::StrCat("targets[", k, "]")),
           base::StrCat("moves nothing: from and to are the default of '", target.parameter(), "'"),
           findings);
    }
  }
  for (int k = 0; k < parameter.conditions_size(); ++k) {
    const v1::Condition& condition = parameter.conditions(k);
    const int asked = FindParameter(manifest, condition.parameter());
    if (asked < 0) continue;
    if (condition.minimum() <= manifest.parameters(asked).minimum() &&
        condition.maximum() >= manifest.parameters(asked).maximum()) {
      Warn(At("parameters", index, base::StrCat("conditions[", k, "]")),
           base::StrCat("always holds: it is the whole range of '", condition.parameter(), "'"),
           findings);
    }
  }
}

void WarnOfParameters(const v1::ModelManifest& manifest, Findings* findings) {
  for (int i = 0; i < manifest.parameters_size(); ++i) {
    const v1::Parameter& parameter = manifest.parameters(i);
    if (parameter.description().empty()) {
      Warn(At("parameters", i, "description"), "is missing; say what a musician hears", findings);
    }
    if (parameter.unit().empty() && !IsBare(parameter)) {
      Warn(At("parameters", i, "unit"), "is missing; people see a bare number", findings);
    }
    WarnOfLinks(i, manifest, findings);
  }
}

void WarnOfManifest(const v1::ModelManifest& manifest, Findings* findings) {
  if (manifest.summary().empty()) Warn("summary", "is missing; one sentence is shown", findings);
  if (manifest.attribution().empty()) {
    Warn("attribution", "is missing; nobody is named in credits", findings);
  }
  if (manifest.provenance().description().empty()) {
    Warn("provenance.description", "is missing; say where the weights come from", findings);
  }
  if (manifest.provenance().data().empty()) {
    Warn("provenance.data", "is missing; name what it was trained on, with licences", findings);
  }
  WarnOfParameters(manifest, findings);
  if (manifest.presets().empty() && !manifest.parameters().empty()) {
    Warn("presets", "is empty; a few give people a start", findings);
  }
  std::set<std::string> listed;
  for (const v1::File& file : manifest.files()) listed.insert(file.path());
  std::set<std::string> with_golden;
  for (int i = 0; i < manifest.golden_size(); ++i) {
    with_golden.insert(manifest.golden(i).variant());
    if (listed.count(manifest.golden(i).file()) == 0) {
      Warn(At("golden", i, "file"), "is not listed in files, so no archive holds it", findings);
    }
  }
  for (int i = 0; i < manifest.variants_size(); ++i) {
    const v1::Variant& variant = manifest.variants(i);
    if (variant.cost().block_frames() == 0) {
      Warn(At("variants", i, "cost"), "is not measured; the choice of a variant is a guess",
           findings);
    }
    if (with_golden.count(variant.id()) == 0) {
      Warn("golden",
           base::StrCat("has none for variant '", variant.id(),
                        "'; nothing tells whether an executor plays it right"),
           findings);
    }
  }
}

void LintLicense(const v1::ModelManifest& manifest, Findings* findings) {
  if (manifest.license().empty()) return;  // has been told of
  const absl::StatusOr<v1::LicenseTerms> terms = LicenseTermsOf(manifest.license());
  if (!terms.ok()) {
    Error("license", base::MessageOf(terms.status()), findings);
  } else if (terms->commercial_use() == v1::PERMISSION_UNSPECIFIED) {
    Warn("license",
         base::StrCat("'", manifest.license(),
                      "' is not one that we know; nobody can tell what it allows"),
         findings);
  }
}

void LintFiles(const std::string& directory, const v1::ModelManifest& manifest,
               Findings* findings) {
  for (int i = 0; i < manifest.files_size(); ++i) {
    v1::ModelManifest one;
    *one.add_files() = manifest.files(i);
    for (const std::string& problem : ProblemsOf(directory, one)) {
      Error(base::StrCat("files[", i, "]"), problem, findings);
    }
  }
  bool license = false;
  std::error_code error;
  for (fs::directory_iterator entries(directory, error);
       !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    license = license || (IsPackageText(name) && name.rfind("README", 0) != 0);
  }
  if (!license) {
    Warn("", "has no text of its licence; put it in a file LICENSE beside model.json", findings);
  }
}

void LintDirectory(const std::string& directory, Findings* findings) {
  const absl::StatusOr<std::string> text =
      base::ReadFile(directory + "/model.json", kMaxManifestBytes);
  if (!text.ok()) return Error("", base::MessageOf(text.status()), findings);
  v1::ModelManifest manifest;
  if (!LintText(*text, &manifest, findings)) return;
  LintFiles(directory, manifest, findings);
}

void LintArchive(const std::string& path, const std::string& scratch, Findings* findings) {
  const absl::StatusOr<std::string> text = ReadArchiveManifest(path);
  if (!text.ok()) return Error("", base::MessageOf(text.status()), findings);
  v1::ModelManifest manifest;
  Findings of_text;
  (void)LintText(*text, &manifest, &of_text);
  const bool good = std::none_of(of_text.begin(), of_text.end(), [](const v1::Finding& finding) {
    return finding.severity() == v1::SEVERITY_ERROR;
  });
  findings->insert(findings->end(), of_text.begin(), of_text.end());
  if (!good) return;  // it cannot even be unpacked
  const absl::StatusOr<Staging> staging = Staging::Make(scratch);
  if (!staging.ok()) return Error("", base::MessageOf(staging.status()), findings);
  const std::string directory = staging->directory() + "/unpacked";
  absl::Status status = MakeDirectory(directory);
  if (status.ok()) status = Unpack(path, directory).status();
  if (!status.ok()) return Error("", base::MessageOf(status), findings);
  LintFiles(directory, manifest, findings);
}

}  // namespace

void AddFinding(v1::Severity severity, std::string_view field, std::string_view message,
                Findings* findings) {
  if (findings->size() >= kMaxFindings) return;
  v1::Finding& finding = findings->emplace_back();
  finding.set_severity(severity);
  finding.set_field(std::string(field));
  finding.set_message(std::string(message));
}

bool LintText(std::string_view json, v1::ModelManifest* manifest, Findings* findings) {
  FindUnknownFields(json, findings);
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // they have been named
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), manifest, options);
  if (!parsed.ok()) {
    Error("", base::MessageOf(parsed), findings);
    return false;
  }
  for (const std::string& problem : AllProblemsOf(*manifest)) {
    const auto [field, message] = Divide(problem);
    Error(field, message, findings);
  }
  LintLicense(*manifest, findings);
  WarnOfManifest(*manifest, findings);
  return true;
}

Findings Lint(const std::string& path, const std::string& scratch) {
  Findings findings;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    LintDirectory(path, &findings);
  } else if (fs::path(path).filename() == "model.json") {
    LintDirectory(fs::path(path).parent_path().string(), &findings);
  } else {
    LintArchive(path, scratch, &findings);
  }
  return findings;
}

}  // namespace continuo::model
