// SPDX-License-Identifier: Apache-2.0
// A model on disk: a directory with a model.json and the files that it lists.
// Threads: [any-thread]; reads the disk, so no audio thread.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "continuo/v1/model.pb.h"

namespace continuo::model {

struct Package {
  std::string directory;
  v1::ModelManifest manifest;  // has passed ParseManifest
};

// Where a file of a package lies. A path that is absolute stays: that of a variant which was made
// here (local_variants.h); a manifest from elsewhere has none.
[[nodiscard]] std::string PathIn(const std::string& directory, const std::string& path);

// Checks the manifest, that each file is there, is regular, lies inside the
// directory with all symbolic links followed, and has its size; and, in a
// directory <id>/<version>, that the manifest has that id and version.
// NOT_FOUND: no model.json. INVALID_ARGUMENT: all else, naming file and field.
[[nodiscard]] absl::StatusOr<Package> LoadPackage(const std::string& directory);

// Reads every file: DATA_LOSS names the first whose size or SHA-256 is another,
// with what was expected and what was found. About 1 s a GB; done before loading.
[[nodiscard]] absl::Status VerifyFiles(const Package& package);

// The same, one message a file that is missing or another; empty: all is as it should be.
[[nodiscard]] std::vector<std::string> ProblemsOf(const std::string& directory,
                                                  const v1::ModelManifest& manifest);

}  // namespace continuo::model
