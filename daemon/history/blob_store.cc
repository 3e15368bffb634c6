// SPDX-License-Identifier: Apache-2.0
#include "daemon/history/blob_store.h"

#include <unistd.h>

#include <filesystem>

#include "daemon/base/read_file.h"
#include "daemon/base/str_cat.h"
#include "shared/files/whole_file.h"

namespace continuo::history {
namespace {

namespace fs = std::filesystem;

constexpr char kEnding[] = ".zst";

}  // namespace

std::string BlobStore::PathOf(const std::string& sha256) const {
  return base::StrCat(directory_, "/", sha256.substr(0, 2), "/", sha256, kEnding);
}

absl::Status BlobStore::WriteFile(const Blob& blob) const {
  const std::string path = PathOf(blob.sha256);
  absl::Status status = files::MakeDirectories(fs::path(path).parent_path().string());
  return status.ok() ? files::ReplaceFile(path, blob.packed) : status;
}

absl::Status BlobStore::Put(Database* database, const Blob& blob) const {
  Statement there = database->Prepare("SELECT 1 FROM blobs WHERE sha256 = ?").Bind(blob.sha256);
  if (there.Step()) return absl::OkStatus();
  if (!there.status().ok()) return there.status();
  Statement insert =
      database->Prepare("INSERT INTO blobs (sha256, bytes, stored, data) VALUES (?, ?, ?, ?)");
  insert.Bind(blob.sha256, blob.bytes, blob.packed.size());
  if (blob.packed.size() <= kInlineBytes) return insert.Bind(Bytes{blob.packed}).Run();
  if (absl::Status status = WriteFile(blob); !status.ok()) return status;
  return insert.Bind(nullptr).Run();
}

absl::StatusOr<std::string> BlobStore::Get(Database* database, const std::string& sha256) const {
  Statement row = database->Prepare("SELECT bytes, data FROM blobs WHERE sha256 = ?").Bind(sha256);
  if (!row.Step()) {
    if (!row.status().ok()) return row.status();
    return absl::NotFoundError(base::StrCat("blob ", sha256, ": there is none"));
  }
  Blob blob{sha256, static_cast<std::size_t>(row.Int(0)), row.Text(1)};
  if (row.IsNull(1)) {
    absl::StatusOr<std::string> packed = base::ReadFile(PathOf(sha256), 2 * kMaxBlobBytes);
    if (!packed.ok()) {
      return absl::DataLossError(
          base::StrCat("blob ", sha256, ": ", base::MessageOf(packed.status())));
    }
    blob.packed = *std::move(packed);
  }
  return Unpack(blob);
}

absl::StatusOr<std::vector<std::string>> BlobStore::DropUnused(Database* database,
                                                               std::uint64_t* freed_bytes) const {
  std::vector<std::string> files;
  Statement unused = database->Prepare(
      "DELETE FROM blobs WHERE NOT EXISTS (SELECT 1 FROM blob_uses WHERE blob_uses.sha256 = "
      "blobs.sha256) RETURNING sha256, stored, data IS NULL");
  while (unused.Step()) {
    *freed_bytes += static_cast<std::uint64_t>(unused.Int(1));
    if (unused.Int(2) != 0) files.push_back(unused.Text(0));
  }
  if (!unused.status().ok()) return unused.status();
  return files;
}

void BlobStore::RemoveFiles(const std::vector<std::string>& sha256s) const {
  for (const std::string& sha256 : sha256s) ::unlink(PathOf(sha256).c_str());
}

std::vector<std::string> BlobStore::Files() const {
  std::vector<std::string> paths;
  std::error_code error;
  fs::recursive_directory_iterator entries(directory_, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    if (entries->is_regular_file(error)) paths.push_back(entries->path().string());
  }
  return paths;
}

absl::StatusOr<bool> BlobStore::IsUsed(Database* database, const std::string& path) const {
  const std::string sha256 = fs::path(path).stem().string();
  Statement row =
      database->Prepare("SELECT 1 FROM blobs WHERE sha256 = ? AND data IS NULL").Bind(sha256);
  const bool named = row.Step() && path == PathOf(sha256);
  if (!row.status().ok()) return row.status();
  return named;
}

}  // namespace continuo::history
