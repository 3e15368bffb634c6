// SPDX-License-Identifier: Apache-2.0
// From a directory or an archive to an installed package.
//
//   source ─► <store>/.import-XXXXXX/unpacked ─► …/packages/<id>/<version> ─►
//   <store>/<id>/<version>
//             copied or unpacked, hashed         checked, synchronised         one rename
//
// Problem: the source is hostile, the disk full, the daemon killed at any step. The store has what
// it had or the whole new package; at the worst a hidden directory is left, which SweepStaging()
// removes when the daemon starts.
// Threads: [any-thread]; waits for the disk, so no thread that others wait for. Several may be at
// work: of two that install the same, one is told ALREADY_EXISTS.
// Errors: nothing of the store has changed then. INVALID_ARGUMENT what is wrong with the source,
// DATA_LOSS a digest, ALREADY_EXISTS another content under this id and version,
// FAILED_PRECONDITION what has to be done first, RESOURCE_EXHAUSTED without room on the disk,
// CANCELLED.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/model/archive.h"
#include "daemon/model/package.h"
#include "daemon/model/store.h"

namespace continuo::model {

struct InstallOptions {
  // Takes the place of another content under the same id and version.
  bool replace = false;
  // Into the user's own directory also where another holds the same content.
  bool only_own = false;
  // What it has to be; empty: anything. The digest is the archive's, so there has to be one.
  std::string expected_id;
  std::string expected_version;
  std::string expected_sha256;
  UnpackLimits limits;
  Watcher watcher;
  // Called before each step: "unpacking" or "copying", "checking", "installing", "renaming",
  // "synchronising", "done". A test that ends the process here sees what is left.
  std::function<void(std::string_view step)> step;
  // Called before the place of an installed package is taken: gives its memory back, or refuses.
  std::function<absl::Status(const std::string& id, const std::string& version)> give_up;
  // What else has to hold of a package that is good.
  std::function<absl::Status(const v1::ModelManifest& manifest)> check;
  // Called where packages that it needs are missing, to install them; without it, or where they
  // are missing afterwards, the installation is refused.
  std::function<absl::Status(const v1::ModelManifest& manifest)> provide;
};

struct Installed {
  std::shared_ptr<const Package> package;
  bool already_there = false;  // the same content, undamaged: nothing has changed
};

// `store_directory` is the user's own of the store's directories.
[[nodiscard]] absl::StatusOr<Installed> Install(ModelStore* store,
                                                const std::string& store_directory,
                                                const std::string& source,
                                                const InstallOptions& options = {});

// Takes back what Install() has just placed and nobody uses yet: with one rename, then its files.
[[nodiscard]] absl::Status TakeBack(const std::string& store_directory,
                                    const std::string& package_directory);

}  // namespace continuo::model
