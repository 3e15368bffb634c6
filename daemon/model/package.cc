// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/package.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/model/manifest.h"
#include "daemon/model/sha256.h"

namespace continuo::model {
namespace {

namespace fs = std::filesystem;

// `path` and what it links to, all inside `directory` (which may be a link itself).
absl::Status CheckInside(const fs::path& directory, const fs::path& path) {
  std::error_code error;
  const fs::path root = fs::canonical(directory, error);
  const fs::path real = error ? fs::path() : fs::canonical(path, error);
  if (error) {
    return absl::InvalidArgumentError(base::StrCat(path.string(), ": ", error.message()));
  }
  const auto [root_end, rest] = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
  if (root_end != root.end()) {
    return absl::InvalidArgumentError(
        base::StrCat(path.string(), " links to ", real.string(), ", which is outside the package"));
  }
  return absl::OkStatus();
}

absl::Status CheckFile(const fs::path& directory, const v1::File& file) {
  const fs::path path = directory / file.path();
  if (absl::Status status = CheckInside(directory, path); !status.ok()) return status;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return absl::InvalidArgumentError(base::StrCat(path.string(), " is not a regular file"));
  }
  const std::uintmax_t size = fs::file_size(path, error);
  if (error || size != file.size_bytes()) {
    return absl::InvalidArgumentError(base::StrCat(
        path.string(), " has ", error ? 0 : size, " bytes, the manifest says ", file.size_bytes()));
  }
  return absl::OkStatus();
}

// A directory named like a version belongs to the layout <id>/<version>.
absl::Status CheckLayout(const fs::path& directory, const v1::ModelManifest& manifest) {
  const std::string version = directory.filename().string();
  if (!base::ParseSemanticVersion(version)) return absl::OkStatus();
  const std::string id = directory.parent_path().filename().string();
  if (id == manifest.id() && version == manifest.version()) return absl::OkStatus();
  return absl::InvalidArgumentError(base::StrCat(directory.string(), " holds ", manifest.id(), " ",
                                                 manifest.version(), "; its path has to end in ",
                                                 manifest.id(), "/", manifest.version()));
}

struct Digest {
  std::uint64_t size_bytes = 0;
  std::string sha256;
};

absl::StatusOr<Digest> ReadDigest(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(base::StrCat("cannot read ", path));
  Sha256 sha256;
  Digest digest;
  std::vector<char> buffer(1U << 20);
  while (file) {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto count = static_cast<std::size_t>(file.gcount());
    sha256.Update(buffer.data(), count);
    digest.size_bytes += count;
  }
  if (file.bad()) return absl::DataLossError(base::StrCat("cannot read all of ", path));
  digest.sha256 = sha256.Finish();
  if (digest.sha256.empty()) return absl::InternalError("libcrypto has no SHA-256");
  return digest;
}

absl::Status VerifyFile(const std::string& directory, const v1::File& file) {
  const std::string path = PathIn(directory, file.path());
  const absl::StatusOr<Digest> digest = ReadDigest(path);
  if (!digest.ok()) return digest.status();
  if (digest->size_bytes != file.size_bytes()) {
    return absl::DataLossError(
        base::StrCat(path, " has ", digest->size_bytes, " bytes, expected ", file.size_bytes()));
  }
  if (digest->sha256 != file.sha256()) {
    return absl::DataLossError(base::StrCat(path, " has SHA-256 ", digest->sha256, ", expected ",
                                            file.sha256(), "; install the model again"));
  }
  return absl::OkStatus();
}

}  // namespace

std::string PathIn(const std::string& directory, const std::string& path) {
  return !path.empty() && path.front() == '/' ? path : base::StrCat(directory, "/", path);
}

absl::StatusOr<Package> LoadPackage(const std::string& directory) {
  const std::string path = directory + "/model.json";
  absl::StatusOr<std::string> text = base::ReadFile(path, kMaxManifestBytes);
  if (!text.ok()) return text.status();
  if (absl::Status status = CheckInside(directory, path); !status.ok()) return status;
  absl::StatusOr<v1::ModelManifest> manifest = ParseManifest(*text, path);
  if (!manifest.ok()) return manifest.status();
  if (absl::Status status = CheckLayout(directory, *manifest); !status.ok()) return status;
  for (const v1::File& file : manifest->files()) {
    if (absl::Status status = CheckFile(directory, file); !status.ok()) return status;
  }
  return Package{directory, *std::move(manifest)};
}

absl::Status VerifyFiles(const Package& package) {
  for (const v1::File& file : package.manifest.files()) {
    if (absl::Status status = VerifyFile(package.directory, file); !status.ok()) return status;
  }
  return absl::OkStatus();
}

std::vector<std::string> ProblemsOf(const std::string& directory,
                                    const v1::ModelManifest& manifest) {
  std::vector<std::string> problems;
  for (const v1::File& file : manifest.files()) {
    absl::Status status = CheckFile(directory, file);
    if (status.ok()) status = VerifyFile(directory, file);
    if (!status.ok()) problems.emplace_back(status.message());
  }
  return problems;
}

}  // namespace continuo::model
