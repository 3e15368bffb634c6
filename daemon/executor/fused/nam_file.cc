// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/nam_file.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <cmath>

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr std::size_t kMaximumWeights = std::size_t{1} << 24;

// Absent in no file, but empty in containers.
absl::Status ReadWeights(const json& document, const std::string& path, NamFile& file) {
  const auto found = document.find("weights");
  if (found == document.end() || !found->is_array()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, "weights: is ", found == document.end() ? "missing" : Shown(*found),
                     ", expected a list of numbers"));
  }
  if (found->size() > kMaximumWeights) {
    return absl::InvalidArgumentError(absl::StrCat(path, "weights: is a list of ", found->size(),
                                                   ", expected at most ", kMaximumWeights));
  }
  file.weights.reserve(found->size());
  for (const json& weight : *found) {
    const float value = weight.is_number() ? weight.get<float>() : std::nanf("");
    if (!std::isfinite(value)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, "weights[", file.weights.size(), "]: is ", Shown(weight),
                       ", expected ", weight.is_number() ? "a finite float" : "a number"));
    }
    file.weights.push_back(value);
  }
  return absl::OkStatus();
}

bool IsKnownVersion(const std::string& version) {
  return absl::StartsWith(version, "0.5.") || absl::StartsWith(version, "0.6.") ||
         absl::StartsWith(version, "0.7.");
}

}  // namespace

absl::StatusOr<NamFile> ReadNamFile(const json& document, const std::string& path) {
  absl::Status status;
  FieldReader fields(document, path.substr(0, path.size() - (path.empty() ? 0 : 1)), status);
  NamFile file;
  file.version = fields.Text("version");
  if (!IsKnownVersion(file.version)) fields.Fail("version", file.version, "0.5.x to 0.7.x");
  file.architecture = fields.Text("architecture");
  if (!status.ok()) return status;
  const auto config = document.find("config");
  if (config == document.end() || !config->is_object()) {
    fields.Fail("config", config == document.end() ? "missing" : Shown(*config), "an object");
    return status;
  }
  file.config = *config;
  if (const auto rate = document.find("sample_rate"); rate != document.end() && !rate->is_null()) {
    const double hz = rate->is_number() ? rate->get<double>() : 0;
    if (!(hz >= 8000 && hz <= 192000) || hz != std::floor(hz)) {
      fields.Fail("sample_rate", Shown(*rate), "8000 to 192000 whole Hz");
      return status;
    }
    file.sample_rate_hz = static_cast<std::uint32_t>(hz);
    file.states_sample_rate = true;
  }
  status = ReadWeights(document, path, file);
  if (!status.ok()) return status;
  return file;
}

}  // namespace continuo::executor::fused
