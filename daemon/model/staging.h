// SPDX-License-Identifier: Apache-2.0
// Packages in the making: a hidden directory in the user's own store, from which what is
// complete is renamed to its place.
//
// Problem: an import may fail or be killed at any step. Whatever happens, the store has the
// whole package or nothing of it; at the worst a hidden directory is left, which ModelStore
// passes over and SweepStaging() removes.
// Layout:
//   <store>/.import-XXXXXX/            flock(2)ed while its process lives
//     original/<file>                  what is imported, as it was
//     packages/<id>/<version>/         model.json, NOTICE, <file> (a hard link where possible)
//     unpacked/                        of an installer, before id and version are known
// Threads: one at a time.
// Errors: nothing of the store but the hidden directory has changed then.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "continuo/v1/model.pb.h"
#include "daemon/base/unique_fd.h"
#include "daemon/model/import_manifest.h"

namespace continuo::model {

inline constexpr std::uint64_t kMaxImportBytes = std::uint64_t{1} << 30;

class Staging {
 public:
  // Makes the store's directory too where it is missing.
  [[nodiscard]] static absl::StatusOr<Staging> Make(const std::string& store_directory);
  Staging(Staging&& other) noexcept;
  Staging& operator=(Staging&&) = delete;
  ~Staging();  // removes the hidden directory with all that is in it

  // INVALID_ARGUMENT where it is no regular file, empty or above kMaxImportBytes; NOT_FOUND
  // and PERMISSION_DENIED as the system says; CANCELLED when `cancelled` becomes true.
  [[nodiscard]] absl::Status CopyOriginal(const std::string& path,
                                          const std::atomic<bool>& cancelled);
  [[nodiscard]] const ImportedFile& original() const { return original_; }
  [[nodiscard]] std::string original_copy() const;                          // its path
  [[nodiscard]] const std::string& original_head() const { return head_; }  // up to 512 bytes

  // Writes the package of a manifest that has passed ValidateManifest, and reads it again.
  [[nodiscard]] absl::Status AddPackage(const v1::ModelManifest& manifest);

  // The hidden directory.
  [[nodiscard]] const std::string& directory() const { return directory_; }

  // Renames every package to its place, or none, other versions staying as they are.
  // ALREADY_EXISTS where this version is there and `replace` is false; else it comes to lie here,
  // and goes with this object.
  [[nodiscard]] absl::Status Install(bool replace);
  // Where they are now.
  [[nodiscard]] std::vector<std::string> InstalledPaths() const;
  // Takes a directory of the store in here, to go with this object.
  [[nodiscard]] absl::Status TakeAway(const std::string& directory);
  // Makes renames last through a power cut.
  void Sync() const;
  // What the destructor does.
  void Discard();

 private:
  struct Added {
    std::string id;
    std::string version;
  };

  Staging(std::string store, std::string directory, base::UniqueFd lock)
      : store_(std::move(store)), directory_(std::move(directory)), lock_(std::move(lock)) {}

  std::string store_;
  std::string directory_;
  base::UniqueFd lock_;
  ImportedFile original_;
  std::string head_;
  std::vector<Added> added_;
};

// The hidden directories of processes that have ended.
[[nodiscard]] std::vector<std::string> AbandonedStaging(const std::string& store_directory);
// Removes the hidden directories of processes that have ended; returns how many.
int SweepStaging(const std::string& store_directory);

}  // namespace continuo::model
