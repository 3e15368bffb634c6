// SPDX-License-Identifier: Apache-2.0
// The recipes of what was generated for a song: records of the history, whole, in JSON. They lie
// beside the project, zstd, each under the SHA-256 of what it unpacks to:
// "song.continuo/<sha256>.json.zst" for song.mmp and song.mmpz. A project that is saved again
// writes only those that are new. Threads: [any-thread]; waits for the disk.
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace continuo::project {

inline constexpr std::size_t kMaxRecipeBytes = std::size_t{16} << 20;

// Packed ones are smaller, but for what cannot be packed.
inline constexpr std::size_t kMaxPackedRecipeBytes = kMaxRecipeBytes + (std::size_t{1} << 16);

// Of any bytes; empty where libcrypto has none.
[[nodiscard]] std::string Sha256Hex(std::string_view bytes);
[[nodiscard]] bool IsDigest(std::string_view text);
// Of a recipe's file by its path, "song.continuo/<sha256>.json.zst"; empty for any other.
[[nodiscard]] std::string RecipeOfPath(const std::string& path);
// What such a file has. DATA_LOSS where it is not what its name says.
[[nodiscard]] absl::StatusOr<std::string> UnpackRecipe(std::string_view packed,
                                                       const std::string& sha256);

class RecipeFolder {
 public:
  explicit RecipeFolder(const std::string& project_path);
  [[nodiscard]] const std::string& path() const { return path_; }

  [[nodiscard]] std::string FileOf(const std::string& sha256) const;
  [[nodiscard]] bool Has(const std::string& sha256) const;
  // Digests of all that lie there.
  [[nodiscard]] std::vector<std::string> List() const;
  // Writes nothing where it is there already. Gives its digest.
  [[nodiscard]] absl::StatusOr<std::string> Put(std::string_view json) const;
  // NOT_FOUND, or DATA_LOSS where the file is not what its name says.
  [[nodiscard]] absl::StatusOr<std::string> Get(const std::string& sha256) const;

 private:
  std::string path_;
};

}  // namespace continuo::project
