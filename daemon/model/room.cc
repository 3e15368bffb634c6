// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/room.h"

#include <filesystem>
#include <limits>

#include "daemon/base/bytes_in_words.h"
#include "daemon/base/str_cat.h"

namespace continuo::model {
namespace {

namespace fs = std::filesystem;

// Left on the disk for everything else.
constexpr std::uint64_t kSpareBytes = std::uint64_t{16} << 20;

}  // namespace

absl::Status CheckRoom(const std::string& directory, std::uint64_t bytes) {
  fs::path path = directory;
  std::error_code error;
  while (!fs::exists(path, error) && path.has_relative_path()) path = path.parent_path();
  const fs::space_info space = fs::space(path, error);
  if (error) return absl::OkStatus();
  if (bytes <= space.available && space.available - bytes >= kSpareBytes) return absl::OkStatus();
  const std::uint64_t needed =
      bytes > std::numeric_limits<std::uint64_t>::max() - kSpareBytes ? bytes : bytes + kSpareBytes;
  return absl::ResourceExhaustedError(
      base::StrCat(directory, " has ", base::BytesInWords(space.available), " left, and ",
                   base::BytesInWords(needed), " are needed; make room there"));
}

std::uint64_t SizeOfFiles(const v1::ModelManifest& manifest) {
  std::uint64_t total = 0;
  for (const v1::File& file : manifest.files()) {
    // The sizes are the manifest's own word: their sum is not to wrap around.
    if (file.size_bytes() > std::numeric_limits<std::uint64_t>::max() - total) {
      return std::numeric_limits<std::uint64_t>::max();
    }
    total += file.size_bytes();
  }
  return total;
}

}  // namespace continuo::model
