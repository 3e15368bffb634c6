// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/manifest.h"

#include <google/protobuf/util/json_util.h>

#include "daemon/base/str_cat.h"

namespace continuo::model {

absl::StatusOr<v1::ModelManifest> ParseManifest(std::string_view json, std::string_view path) {
  if (json.size() > kMaxManifestBytes) {
    return absl::InvalidArgumentError(base::StrCat(
        path, ": the text has ", json.size(), " bytes, above the limit of ", kMaxManifestBytes));
  }
  v1::ModelManifest manifest;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), &manifest, options);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(base::StrCat(path, ": ", base::MessageOf(parsed)));
  }
  if (const absl::Status status = ValidateManifest(manifest); !status.ok()) {
    return absl::InvalidArgumentError(base::StrCat(path, ": ", status.message()));
  }
  return manifest;
}

}  // namespace continuo::model
