// SPDX-License-Identifier: Apache-2.0
#include "shared/project/sounds.h"

#include <absl/strings/str_cat.h>

#include <filesystem>

#include "shared/files/whole_file.h"
#include "shared/project/recipes.h"

namespace continuo::project {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFileEnding = ".wav";

}  // namespace

absl::StatusOr<KeptSound> PutSound(const std::string& folder, std::string_view wav) {
  KeptSound kept;
  kept.sha256 = Sha256Hex(wav);
  if (kept.sha256.empty()) return absl::InternalError("libcrypto has no SHA-256");
  kept.path = absl::StrCat((fs::path(folder) / kept.sha256).string(), kFileEnding);
  std::error_code error;
  if (fs::is_regular_file(kept.path, error)) return kept;
  absl::Status status = files::MakeDirectories(folder);
  if (status.ok()) status = files::ReplaceFile(kept.path, wav);
  if (!status.ok()) return status;
  return kept;
}

std::string SoundDigestOf(const std::string& path) {
  const fs::path name = fs::path(path).filename();
  std::string digest = name.stem().string();
  return IsDigest(digest) && name.extension() == kFileEnding ? digest : "";
}

}  // namespace continuo::project
