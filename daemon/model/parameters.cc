// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/parameters.h"

#include <algorithm>
#include <map>

#include "daemon/base/str_cat.h"

namespace continuo::model {

int FindParameter(const v1::ModelManifest& manifest, std::string_view id) {
  for (int i = 0; i < manifest.parameters_size(); ++i) {
    if (manifest.parameters(i).id() == id) return i;
  }
  for (int i = 0; i < manifest.parameters_size(); ++i) {
    const auto& former = manifest.parameters(i).former_ids();
    if (std::find(former.begin(), former.end(), id) != former.end()) return i;
  }
  return -1;
}

absl::Status CheckParameters(const v1::ModelManifest& manifest, const ParameterMap& values) {
  // In order of ids, so that the same request has the same answer.
  for (const auto& [id, value] : std::map<std::string_view, float>(values.begin(), values.end())) {
    const int index = FindParameter(manifest, id);
    if (index < 0) {
      std::string all;
      for (const v1::Parameter& parameter : manifest.parameters()) {
        base::StrAppend(&all, all.empty() ? "" : ", ", parameter.id());
      }
      return absl::InvalidArgumentError(base::StrCat("parameter '", id, "' is not known; ",
                                                     manifest.id(), " has ",
                                                     all.empty() ? "no parameters" : all));
    }
    const v1::Parameter& parameter = manifest.parameters(index);
    if (!(value >= parameter.minimum() && value <= parameter.maximum())) {  // also if NaN
      return absl::InvalidArgumentError(base::StrCat("parameter '", id, "' is ", value,
                                                     ", outside ", parameter.minimum(), " to ",
                                                     parameter.maximum()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<float>> ResolveParameters(const v1::ModelManifest& manifest,
                                                     const ParameterMap& values) {
  if (absl::Status status = CheckParameters(manifest, values); !status.ok()) return status;
  std::vector<float> resolved;
  resolved.reserve(static_cast<std::size_t>(manifest.parameters_size()));
  for (const v1::Parameter& parameter : manifest.parameters()) {
    auto found = values.find(parameter.id());
    for (const std::string& former : parameter.former_ids()) {
      if (found == values.end()) found = values.find(former);
    }
    resolved.push_back(found == values.end() ? parameter.default_value() : found->second);
  }
  return resolved;
}

}  // namespace continuo::model
