// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <vector>

#include "daemon/base/str_cat.h"
#include "daemon/model/archive.h"
#include "daemon/model/archive_library.h"
#include "daemon/model/durable.h"
#include "daemon/model/package.h"

namespace continuo::model {
namespace {

namespace fs = std::filesystem;

using Writer = std::unique_ptr<::archive, decltype(&::archive_write_free)>;
using Entry = std::unique_ptr<::archive_entry, decltype(&::archive_entry_free)>;

// Weights hardly become smaller, so more would only be slower.
constexpr char kCompressionLevel[] = "12";

absl::Status ArchiveError(::archive* writer, const std::string& path) {
  const char* const text = Archives().error_string(writer);
  return absl::UnavailableError(
      base::StrCat("cannot write ", path, ": ", text == nullptr ? "unknown error" : text));
}

absl::Status AddFile(::archive* writer, const std::string& directory, const std::string& name,
                     const std::string& out, const std::function<bool()>& cancelled) {
  const std::string path = base::StrCat(directory, "/", name);
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) return absl::NotFoundError(base::StrCat("cannot read ", path));
  const Entry entry(Archives().entry_new(), Archives().entry_free);
  Archives().entry_set_pathname(entry.get(), name.c_str());
  Archives().entry_set_filetype(entry.get(), AE_IFREG);
  Archives().entry_set_perm(entry.get(), 0644);
  Archives().entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  Archives().entry_set_mtime(entry.get(), 0, 0);
  if (Archives().write_header(writer, entry.get()) != ARCHIVE_OK) return ArchiveError(writer, out);
  std::vector<char> buffer(1U << 20);
  std::uintmax_t left = size;
  while (left > 0) {
    if (cancelled && cancelled()) return absl::CancelledError("cancelled");
    const auto wanted = static_cast<std::streamsize>(std::min<std::uintmax_t>(left, buffer.size()));
    file.read(buffer.data(), wanted);
    if (file.gcount() != wanted) {
      return absl::DataLossError(base::StrCat(path, " changes while it is read"));
    }
    if (Archives().write_data(writer, buffer.data(), static_cast<std::size_t>(wanted)) != wanted) {
      return ArchiveError(writer, out);
    }
    left -= static_cast<std::uintmax_t>(wanted);
  }
  return absl::OkStatus();
}

// By path: a set.
std::set<std::string> FilesOf(const Package& package) {
  std::set<std::string> paths;
  for (const v1::File& file : package.manifest.files()) paths.insert(file.path());
  std::error_code error;
  for (fs::directory_iterator entries(package.directory, error);
       !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    std::error_code ignored;
    if (IsPackageText(name) && fs::is_regular_file(entries->symlink_status(ignored)) &&
        entries->file_size(ignored) <= kMaxPackageTextBytes) {
      paths.insert(name);
    }
  }
  return paths;
}

absl::Status WriteArchive(const Package& package, int fd, const std::string& out,
                          const std::function<bool()>& cancelled) {
  const Writer writer(Archives().write_new(), Archives().write_free);
  if (Archives().write_set_format_pax_restricted(writer.get()) != ARCHIVE_OK ||
      Archives().write_add_filter_zstd(writer.get()) != ARCHIVE_OK ||
      Archives().write_set_filter_option(writer.get(), "zstd", "compression-level",
                                         kCompressionLevel) != ARCHIVE_OK ||
      Archives().write_open_fd(writer.get(), fd) != ARCHIVE_OK) {
    return ArchiveError(writer.get(), out);
  }
  absl::Status status = AddFile(writer.get(), package.directory, "model.json", out, cancelled);
  for (const std::string& path : FilesOf(package)) {
    if (status.ok()) status = AddFile(writer.get(), package.directory, path, out, cancelled);
  }
  if (!status.ok()) return status;
  if (Archives().write_close(writer.get()) != ARCHIVE_OK) return ArchiveError(writer.get(), out);
  return absl::OkStatus();
}

}  // namespace

std::string ArchiveName(const v1::ModelManifest& manifest) {
  return base::StrCat(manifest.id(), "-", manifest.version(), kArchiveSuffix);
}

absl::Status Pack(const std::string& directory, const std::string& file,
                  const std::function<bool()>& cancelled) {
  if (absl::Status status = LoadArchives(); !status.ok()) return status;
  const absl::StatusOr<Package> package = LoadPackage(directory);
  if (!package.ok()) return package.status();
  if (absl::Status status = VerifyFiles(*package); !status.ok()) return status;
  std::string draft = file + ".XXXXXX";
  base::UniqueFd fd(::mkostemp(draft.data(), O_CLOEXEC));
  if (!fd.valid()) return SystemError(base::StrCat("cannot make a file beside ", file));
  absl::Status status = WriteArchive(*package, fd.get(), file, cancelled);
  if (status.ok()) status = SyncAndClose(std::move(fd), file);
  if (status.ok() && ::rename(draft.c_str(), file.c_str()) != 0) {
    status = SystemError(base::StrCat("cannot rename to ", file));
  }
  if (!status.ok()) ::unlink(draft.c_str());
  return status;
}

}  // namespace continuo::model
