// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/fused/nam_file.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <cmath>

namespace continuo::executor::fused {
namespace {

using nlohmann::json;

constexpr std::size_t kMaximumWeights = std::size_t{1} << 24;

absl::Status ReadWeights(const json& list, std::vector<float>& weights) {
  weights.reserve(list.size());
  for (const json& weight : list) {
    const std::string name = absl::StrCat("weights[", weights.size(), "]");
    if (!weight.is_number()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": is ", Shown(weight), ", expected a number"));
    }
    weights.push_back(weight.get<float>());
    if (!std::isfinite(weights.back())) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": is ", Shown(weight), ", expected a finite float"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<NamFile> ReadNamFile(const json& document) {
  absl::Status status;
  FieldReader fields(document, "", status);
  NamFile file;
  const std::string version = fields.Text("version");
  if (!absl::StartsWith(version, "0.5.")) fields.Fail("version", version, "0.5.x");
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
  const json& weights = fields.List("weights", kMaximumWeights);
  if (!status.ok()) return status;
  status = ReadWeights(weights, file.weights);
  if (!status.ok()) return status;
  return file;
}

}  // namespace continuo::executor::fused
