// SPDX-License-Identifier: Apache-2.0
// Where blobs lie: small ones in the database, large ones in files beside it.
//
// Problem: a commit costs one fsync whatever it holds, a file of its own two more each, which
// is what a request for four candidates would wait for. So only what is worth it, above
// kInlineBytes when packed, becomes a file.
// Layout: <directory>/ab/abcdef….zst, named by the SHA-256 of what it unpacks to; a name that
// begins with a dot is one in the making.
// Order: a file is there, and synced, before the row that needs it is committed, and goes after
// the row has gone. Killed in between, a file is left that no row names: Sweep() removes it.
// Threads: who writes holds the history's write lock, from Put() until the commit.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/history/blob.h"
#include "daemon/history/sqlite.h"

namespace continuo::history {

inline constexpr std::size_t kInlineBytes = std::size_t{64} << 10;

class BlobStore {
 public:
  explicit BlobStore(std::string directory) : directory_(std::move(directory)) {}

  // Inside a transaction. One that is there already costs nothing.
  [[nodiscard]] absl::Status Put(Database* database, const Blob& blob) const;
  // NOT_FOUND where there is none; DATA_LOSS where it is not what it was.
  [[nodiscard]] absl::StatusOr<std::string> Get(Database* database,
                                                const std::string& sha256) const;
  // Takes the rows that nothing uses out of the database; adds what they took on the disk to
  // `freed_bytes`. After the commit, RemoveFiles() with what it returns.
  [[nodiscard]] absl::StatusOr<std::vector<std::string>> DropUnused(
      Database* database, std::uint64_t* freed_bytes) const;
  void RemoveFiles(const std::vector<std::string>& sha256s) const;

  // Paths of all that lies here, finished or not.
  [[nodiscard]] std::vector<std::string> Files() const;
  // Whether a row names it.
  [[nodiscard]] absl::StatusOr<bool> IsUsed(Database* database, const std::string& path) const;

 private:
  [[nodiscard]] std::string PathOf(const std::string& sha256) const;
  [[nodiscard]] absl::Status WriteFile(const Blob& blob) const;
  const std::string directory_;
};

}  // namespace continuo::history
