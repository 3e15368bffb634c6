// SPDX-License-Identifier: Apache-2.0
// A song with the recipes that it names: beside it, or with it in a bundle.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <string>

#include "shared/project/effects.h"

namespace continuo::ctl {

struct SongWithRecipes {
  project::Project content;
  // A recipe's JSON by its digest, which has been checked. NOT_FOUND; DATA_LOSS where it is not
  // what its name says.
  std::function<absl::StatusOr<std::string>(const std::string& sha256)> recipe;
};

// .mmp, .mmpz, or the .zip that `project bundle` writes; known by its content. Of a bundle nothing
// is written anywhere. Throws BadInput.
[[nodiscard]] SongWithRecipes ReadSongWithRecipes(const std::string& path);

}  // namespace continuo::ctl
