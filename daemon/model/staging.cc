// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/staging.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <utility>

#include "daemon/base/paths.h"
#include "daemon/base/str_cat.h"
#include "daemon/model/durable.h"
#include "daemon/model/package.h"
#include "daemon/model/room.h"
#include "daemon/model/sha256.h"

namespace continuo::model {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = ".import-";
constexpr std::size_t kHeadBytes = 512;

// Some file systems have no links.
absl::Status LinkOrCopy(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  std::error_code error;
  fs::copy_file(from, to, error);
  if (error)
    return absl::UnavailableError(base::StrCat("cannot write ", to, ": ", error.message()));
  base::UniqueFd fd(::open(to.c_str(), O_RDONLY | O_CLOEXEC));
  return SyncAndClose(std::move(fd), to);
}

std::string Today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

absl::StatusOr<base::UniqueFd> OpenOriginal(const std::string& path) {
  base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) {
    return SystemError(base::StrCat("cannot read ", path));
  }
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(base::StrCat(path, " is not a regular file"));
  }
  if (info.st_size == 0) return absl::InvalidArgumentError(base::StrCat(path, " is empty"));
  if (static_cast<std::uint64_t>(info.st_size) > kMaxImportBytes) {
    return absl::InvalidArgumentError(
        base::StrCat(path, " has ", info.st_size, " bytes, the limit is ", kMaxImportBytes));
  }
  return fd;
}

std::string ManifestText(const v1::ModelManifest& manifest) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.add_whitespace = true;
  std::string text;
  (void)google::protobuf::util::MessageToJsonString(manifest, &text, options);
  return text;
}

bool IsEmptyOrMissing(const std::string& directory) {
  std::error_code error;
  return !fs::exists(fs::symlink_status(directory, error)) || fs::is_empty(directory, error);
}

}  // namespace

absl::StatusOr<Staging> Staging::Make(const std::string& store_directory) {
  std::error_code error;
  if (!fs::is_directory(store_directory, error)) {
    absl::Status status = base::EnsurePrivateDir(store_directory);
    if (!status.ok()) return status;
  }
  std::string directory = base::StrCat(store_directory, "/", kPrefix, "XXXXXX");
  if (::mkdtemp(directory.data()) == nullptr) {
    return SystemError(base::StrCat("cannot make a directory in ", store_directory));
  }
  base::UniqueFd lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Staging staging(store_directory, directory, std::move(lock));
  if (!staging.lock_.valid() || ::flock(staging.lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return SystemError(base::StrCat("cannot lock ", directory));
  }
  for (const char* name : {"/original", "/packages"}) {
    if (absl::Status status = MakeDirectory(directory + name); !status.ok()) return status;
  }
  return staging;
}

Staging::Staging(Staging&& other) noexcept
    : store_(std::move(other.store_)),
      directory_(std::exchange(other.directory_, {})),
      lock_(std::move(other.lock_)),
      original_(std::move(other.original_)),
      head_(std::move(other.head_)),
      added_(std::move(other.added_)) {}

Staging::~Staging() { Discard(); }

void Staging::Discard() {
  std::error_code ignored;
  if (!directory_.empty()) fs::remove_all(std::exchange(directory_, {}), ignored);
}

std::string Staging::original_copy() const {
  return base::StrCat(directory_, "/original/", PackagedFileName(original_.path));
}

absl::Status Staging::CopyOriginal(const std::string& path, const std::atomic<bool>& cancelled) {
  const absl::StatusOr<base::UniqueFd> from = OpenOriginal(path);
  if (!from.ok()) return from.status();
  struct stat info {};
  if (::fstat(from->get(), &info) == 0) {
    absl::Status room = CheckRoom(directory_, static_cast<std::uint64_t>(info.st_size));
    if (!room.ok()) return room;
  }
  original_ = ImportedFile{path, 0, "", Today()};
  const std::string copy = original_copy();
  absl::StatusOr<base::UniqueFd> to = CreateFile(copy);
  if (!to.ok()) return to.status();
  Sha256 sha256;
  std::vector<char> buffer(1U << 20);
  for (;;) {
    if (cancelled) return absl::CancelledError("the import was cancelled");
    const ssize_t size = ::read(from->get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return SystemError(base::StrCat("cannot read ", path));
    if (size == 0) break;
    const auto count = static_cast<std::size_t>(size);
    if (original_.size_bytes == 0) head_.assign(buffer.data(), std::min(count, kHeadBytes));
    original_.size_bytes += count;
    if (original_.size_bytes > kMaxImportBytes) {  // it grows while it is read
      return absl::InvalidArgumentError(
          base::StrCat(path, " has more than ", kMaxImportBytes, " bytes"));
    }
    sha256.Update(buffer.data(), count);
    if (absl::Status status = WriteAll(to->get(), buffer.data(), count, copy); !status.ok()) {
      return status;
    }
  }
  original_.sha256 = sha256.Finish();
  if (original_.sha256.empty()) return absl::InternalError("libcrypto has no SHA-256");
  return SyncAndClose(*std::move(to), copy);
}

absl::Status Staging::AddPackage(const v1::ModelManifest& manifest) {
  const std::string outer = base::StrCat(directory_, "/packages/", manifest.id());
  const std::string inner = base::StrCat(outer, "/", manifest.version());
  absl::Status status = MakeDirectory(outer);
  if (status.ok()) status = MakeDirectory(inner);
  if (status.ok()) {
    status = LinkOrCopy(original_copy(), base::StrCat(inner, "/", manifest.files(0).path()));
  }
  if (status.ok()) status = WriteNewFile(inner + "/" + kImportNotice, ImportNotice(manifest));
  if (status.ok()) status = WriteNewFile(inner + "/model.json", ManifestText(manifest));
  if (status.ok()) status = SyncDirectory(inner);
  if (status.ok()) status = SyncDirectory(outer);
  if (status.ok()) status = LoadPackage(inner).status();
  if (status.ok()) added_.push_back({manifest.id(), manifest.version()});
  return status;
}

absl::Status Staging::Install(bool replace) {
  struct Done {
    std::string from, to;
    unsigned int flags;
  };
  std::vector<Done> done;
  for (const Added& added : added_) {
    Done step{base::StrCat(directory_, "/packages/", added.id), base::StrCat(store_, "/", added.id),
              0};
    std::error_code ignored;
    if (fs::is_directory(step.to, ignored) && !IsEmptyOrMissing(step.to)) {
      base::StrAppend(&step.from, "/", added.version);
      base::StrAppend(&step.to, "/", added.version);
    }
    if (!IsEmptyOrMissing(step.to)) step.flags = RENAME_EXCHANGE;
    absl::Status status;
    std::error_code error;
    if (step.flags != 0 && !(replace && fs::is_directory(step.to, error))) {
      status = absl::AlreadyExistsError(base::StrCat(step.to, " is there already"));
    } else if (::renameat2(AT_FDCWD, step.from.c_str(), AT_FDCWD, step.to.c_str(), step.flags) !=
               0) {
      status = SystemError(base::StrCat("cannot rename to ", step.to));
    }
    if (!status.ok()) {
      for (; !done.empty(); done.pop_back()) {
        const Done& last = done.back();
        ::renameat2(AT_FDCWD, last.to.c_str(), AT_FDCWD, last.from.c_str(), last.flags);
      }
      return status;
    }
    done.push_back(std::move(step));
  }
  return absl::OkStatus();
}

std::vector<std::string> Staging::InstalledPaths() const {
  std::vector<std::string> paths;
  for (const Added& added : added_) {
    paths.push_back(base::StrCat(store_, "/", added.id, "/", added.version));
  }
  return paths;
}

absl::Status Staging::TakeAway(const std::string& directory) {
  const std::string to = base::StrCat(directory_, "/packages/", added_.size());
  if (::rename(directory.c_str(), to.c_str()) != 0) {
    return SystemError(base::StrCat("cannot remove ", directory));
  }
  added_.emplace_back();
  return absl::OkStatus();
}

void Staging::Sync() const {
  for (const Added& added : added_) {
    if (!added.id.empty()) (void)SyncDirectory(base::StrCat(store_, "/", added.id));
  }
  (void)SyncDirectory(store_);
}

namespace {

// Locked by us where its process has ended.
base::UniqueFd LockAbandoned(const std::string& directory) {
  base::UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (fd.valid() && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) fd.Reset();
  return fd;
}

}  // namespace

std::vector<std::string> AbandonedStaging(const std::string& store_directory) {
  std::error_code error;
  std::vector<std::string> found;
  for (fs::directory_iterator entries(store_directory, error);
       !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string path = entries->path().string();
    if (entries->path().filename().string().rfind(kPrefix, 0) == 0 && LockAbandoned(path).valid()) {
      found.push_back(path);
    }
  }
  return found;
}

int SweepStaging(const std::string& store_directory) {
  int removed = 0;
  for (const std::string& directory : AbandonedStaging(store_directory)) {
    const base::UniqueFd fd = LockAbandoned(directory);
    std::error_code error;
    if (fd.valid() && fs::remove_all(directory, error) > 0) ++removed;
  }
  return removed;
}

}  // namespace continuo::model
