// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/source.h"

#include "daemon/base/str_cat.h"
#include "daemon/model/manifest.h"
#include "daemon/repository/index.h"
#include "daemon/repository/signature.h"

namespace continuo::repository {

absl::Status CheckSource(const Source& source) {
  if (const absl::Status status = model::CheckModelId(source.name); !status.ok()) {
    return absl::InvalidArgumentError(base::StrCat(
        "name '", source.name, "' is not a valid name; it takes [a-z0-9][a-z0-9-]{0,63}"));
  }
  if (!IsDirectory(source)) {
    if (const absl::Status status = CheckHttpsUrl(source.url); !status.ok()) {
      return absl::InvalidArgumentError(
          base::StrCat("url '", source.url, "' ", base::MessageOf(status),
                       "; it takes https://HOST/PATH/ or the absolute path of a directory"));
    }
  }
  if (source.keys.empty()) {
    return absl::InvalidArgumentError(
        "key is missing; it takes the public key of who signs the index");
  }
  for (const std::string& key : source.keys) {
    if (const absl::Status status = CheckPublicKey(key); !status.ok()) {
      return absl::InvalidArgumentError(base::StrCat("key ", base::MessageOf(status)));
    }
  }
  return absl::OkStatus();
}

std::string Beside(const std::string& place, const std::string& file) {
  return base::StrCat(place, !place.empty() && place.back() == '/' ? "" : "/", file);
}

}  // namespace continuo::repository
