// SPDX-License-Identifier: Apache-2.0
#include "shared/project/recipes.h"

#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>
#include <openssl/evp.h>
#include <zstd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "shared/files/whole_file.h"

namespace continuo::project {
namespace {

namespace fs = std::filesystem;

constexpr char kFolderEnding[] = ".continuo";
constexpr absl::string_view kFileEnding = ".json.zst";
constexpr std::size_t kDigestDigits = 64;

absl::Status Damaged(const std::string& sha256) {
  return absl::DataLossError(
      absl::StrCat("recipe ", sha256, ": is damaged, or not what its name says"));
}

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1) return "";
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest), size});
}

bool IsDigest(std::string_view text) {
  return text.size() == kDigestDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string RecipeOfPath(const std::string& path) {
  const fs::path file(path);
  const std::string name = file.filename().string();
  if (file.parent_path().extension() != kFolderEnding || !absl::EndsWith(name, kFileEnding)) {
    return "";
  }
  std::string digest = name.substr(0, name.size() - kFileEnding.size());
  return IsDigest(digest) ? digest : "";
}

absl::StatusOr<std::string> UnpackRecipe(std::string_view packed, const std::string& sha256) {
  const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size > kMaxRecipeBytes) return Damaged(sha256);  // unknown and wrong are larger still
  std::string json(size, '\0');
  const std::size_t got = ZSTD_decompress(json.data(), json.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) != 0 || got != size || Sha256Hex(json) != sha256) {
    return Damaged(sha256);
  }
  return json;
}

RecipeFolder::RecipeFolder(const std::string& project_path)
    : path_(fs::path(project_path).replace_extension(kFolderEnding).string()) {}

std::string RecipeFolder::FileOf(const std::string& sha256) const {
  return absl::StrCat(path_, "/", sha256, kFileEnding);
}

bool RecipeFolder::Has(const std::string& sha256) const {
  std::error_code error;
  return fs::is_regular_file(FileOf(sha256), error);
}

std::vector<std::string> RecipeFolder::List() const {
  std::vector<std::string> digests;
  std::error_code error;
  for (fs::directory_iterator entries(path_, error); !error && entries != fs::directory_iterator();
       entries.increment(error)) {
    std::string digest = RecipeOfPath(entries->path().string());
    if (!digest.empty()) digests.push_back(std::move(digest));
  }
  std::sort(digests.begin(), digests.end());
  return digests;
}

absl::StatusOr<std::string> RecipeFolder::Put(std::string_view json) const {
  if (json.size() > kMaxRecipeBytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the recipe has ", json.size(), " bytes; at most ", kMaxRecipeBytes, " are kept"));
  }
  std::string sha256 = Sha256Hex(json);
  if (sha256.empty()) return absl::InternalError("libcrypto has no SHA-256");
  if (Has(sha256)) return sha256;
  std::string packed(ZSTD_compressBound(json.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), json.data(), json.size(), ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(size) != 0) {
    return absl::InternalError(absl::StrCat("zstd: ", ZSTD_getErrorName(size)));
  }
  packed.resize(size);
  absl::Status status = files::MakeDirectories(path_);
  if (status.ok()) status = files::ReplaceFile(FileOf(sha256), packed);
  if (!status.ok()) return status;
  return sha256;
}

absl::StatusOr<std::string> RecipeFolder::Get(const std::string& sha256) const {
  const std::string path = FileOf(sha256);
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(path, error);
  if (error) return absl::NotFoundError(absl::StrCat(path, ": ", error.message()));
  if (bytes > kMaxPackedRecipeBytes) return Damaged(sha256);
  std::ifstream file(path, std::ios::binary);
  const std::string packed{std::istreambuf_iterator<char>(file), {}};
  return UnpackRecipe(packed, sha256);
}

}  // namespace continuo::project
