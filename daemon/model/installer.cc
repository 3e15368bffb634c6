// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/installer.h"

#include <fcntl.h>
#include <google/protobuf/util/message_differencer.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/base/str_cat.h"
#include "daemon/model/dependencies.h"
#include "daemon/model/durable.h"
#include "daemon/model/license.h"
#include "daemon/model/room.h"
#include "daemon/model/sha256.h"
#include "daemon/model/staging.h"

namespace continuo::model {
namespace {

namespace fs = std::filesystem;

bool SameManifest(const v1::ModelManifest& a, const v1::ModelManifest& b) {
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

// At the system's word: a symbolic link counts as what it leads to.
absl::StatusOr<bool> IsDirectory(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return SystemError(base::StrCat("cannot read ", path));
  return S_ISDIR(info.st_mode);
}

class Installation {
 public:
  Installation(ModelStore* store, std::string own, std::string source,
               const InstallOptions& options)
      : store_(store), own_(std::move(own)), source_(std::move(source)), options_(options) {}

  absl::StatusOr<Installed> Run() {
    absl::StatusOr<Staging> staging = Staging::Make(own_);
    if (!staging.ok()) return staging.status();
    staging_ = &*staging;
    unpacked_ = base::StrCat(staging_->directory(), "/unpacked");
    absl::Status status = MakeDirectory(unpacked_);
    if (status.ok()) status = Fetch();
    if (status.ok()) status = Check();
    if (!status.ok()) return status;
    const absl::StatusOr<std::shared_ptr<const Package>> there = LookAround();
    if (!there.ok()) return there.status();
    if (*there) return Installed{*there, true};
    status = Provide();
    if (status.ok()) status = Prepare();
    if (status.ok()) status = Place();
    if (!status.ok()) return status;
    absl::StatusOr<Package> package = LoadPackage(target());
    if (!package.ok()) return package.status();
    return Installed{std::make_shared<const Package>(*std::move(package)), false};
  }

 private:
  [[nodiscard]] std::string outer() const { return base::StrCat(own_, "/", manifest_.id()); }
  [[nodiscard]] std::string target() const {
    return base::StrCat(outer(), "/", manifest_.version());
  }
  [[nodiscard]] std::string Name() const {
    return base::StrCat(manifest_.id(), " ", manifest_.version());
  }
  void Step(std::string_view name) const {
    if (options_.step) options_.step(name);
  }
  [[nodiscard]] bool cancelled() const {
    return options_.watcher.cancelled && options_.watcher.cancelled();
  }

  // The package's files come to lie in unpacked_, with the right digests.
  absl::Status Fetch() {
    const absl::StatusOr<bool> directory = IsDirectory(source_);
    if (!directory.ok()) return directory.status();
    Step(*directory ? "copying" : "unpacking");
    if (!*directory) {
      absl::StatusOr<Unpacked> unpacked =
          Unpack(source_, unpacked_, options_.limits, options_.watcher);
      if (!unpacked.ok()) return unpacked.status();
      if (!options_.expected_sha256.empty() &&
          unpacked->archive_sha256 != options_.expected_sha256) {
        return absl::DataLossError(base::StrCat(source_, " has SHA-256 ", unpacked->archive_sha256,
                                                ", expected ", options_.expected_sha256,
                                                "; get it again"));
      }
      manifest_ = std::move(unpacked->manifest);
      return absl::OkStatus();
    }
    if (!options_.expected_sha256.empty()) {
      return absl::InvalidArgumentError(base::StrCat(
          source_, " is a directory, which has no digest of its own; give an archive"));
    }
    absl::StatusOr<Package> package = LoadPackage(source_);
    if (!package.ok()) return package.status();
    manifest_ = std::move(package->manifest);
    return CopyFiles();
  }

  absl::Status CopyFiles() {
    const std::uint64_t total = SizeOfFiles(manifest_);
    absl::Status status = CheckRoom(own_, total);
    if (status.ok()) status = CopyFile("model.json", std::nullopt, total);
    for (const v1::File& file : manifest_.files()) {
      if (status.ok()) status = CopyFile(file.path(), file, total);
    }
    std::error_code error;
    for (fs::directory_iterator entries(source_, error);
         status.ok() && !error && entries != fs::directory_iterator(); entries.increment(error)) {
      const std::string name = entries->path().filename().string();
      std::error_code ignored;
      const bool listed = std::any_of(manifest_.files().begin(), manifest_.files().end(),
                                      [&](const v1::File& file) { return file.path() == name; });
      if (listed || !IsPackageText(name) || !entries->is_regular_file(ignored) ||
          entries->is_symlink(ignored)) {
        continue;
      }
      status = CopyFile(name, std::nullopt, total);
    }
    return status;
  }

  // Of what the manifest lists, exactly that; of a text, no more than one may have.
  absl::Status CopyFile(const std::string& name, const std::optional<v1::File>& listed,
                        std::uint64_t total) {
    const std::string from = base::StrCat(source_, "/", name);
    const std::string to = base::StrCat(unpacked_, "/", name);
    const base::UniqueFd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!in.valid()) return SystemError(base::StrCat("cannot read ", from));
    std::error_code error;
    fs::create_directories(fs::path(to).parent_path(), error);
    absl::StatusOr<base::UniqueFd> out = CreateFile(to);
    if (!out.ok()) return out.status();
    const std::uint64_t limit = listed ? listed->size_bytes() : kMaxPackageTextBytes;
    Sha256 sha256;
    std::uint64_t count = 0;
    std::vector<char> buffer(1U << 20);
    for (;;) {
      if (cancelled()) return absl::CancelledError("the installation was cancelled");
      const ssize_t size = ::read(in.get(), buffer.data(), buffer.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return SystemError(base::StrCat("cannot read ", from));
      if (size == 0) break;
      count += static_cast<std::uint64_t>(size);
      if (count > limit) {
        return absl::InvalidArgumentError(
            base::StrCat(from, " has more than ", limit, " bytes, the limit"));
      }
      sha256.Update(buffer.data(), static_cast<std::size_t>(size));
      absl::Status status = WriteAll(out->get(), buffer.data(), static_cast<std::size_t>(size), to);
      if (!status.ok()) return status;
      done_ += static_cast<std::uint64_t>(size);
      if (options_.watcher.progress) options_.watcher.progress(std::min(done_, total), total);
    }
    if (listed) {
      if (const std::string found = sha256.Finish(); found != listed->sha256()) {
        return absl::DataLossError(base::StrCat(from, " has SHA-256 ", found, ", expected ",
                                                listed->sha256(), "; get the model again"));
      }
    }
    return SyncAndClose(*std::move(out), to);
  }

  absl::Status Check() const {
    Step("checking");
    if (cancelled()) return absl::CancelledError("the installation was cancelled");
    const auto expect = [](const std::string& what, const std::string& found,
                           const std::string& expected) {
      if (expected.empty() || found == expected) return absl::OkStatus();
      return absl::InvalidArgumentError(
          base::StrCat("the package's ", what, " is ", found, ", expected ", expected));
    };
    absl::Status status = expect("id", manifest_.id(), options_.expected_id);
    status.Update(expect("version", manifest_.version(), options_.expected_version));
    if (const absl::Status license = CheckLicenseExpression(manifest_.license()); !license.ok()) {
      status.Update(absl::InvalidArgumentError(base::StrCat("license: ", license.message())));
    }
    if (status.ok() && options_.check) status = options_.check(manifest_);
    return status;
  }

  // Of what the package needs, after all else is known to be good: who provides it is told to do
  // so only then.
  absl::Status Provide() const {
    if (CheckDependencies(manifest_, *store_->List()).ok()) return absl::OkStatus();
    if (options_.provide) {
      if (absl::Status status = options_.provide(manifest_); !status.ok()) return status;
    }
    return CheckDependencies(manifest_, *store_->List());
  }

  // The package if the same is installed already; ALREADY_EXISTS and the like where another
  // stands in the way.
  absl::StatusOr<std::shared_ptr<const Package>> LookAround() const {
    for (const auto& package : store_->List()->packages) {
      const v1::ModelManifest& other = package->manifest;
      if (other.id() != manifest_.id() || other.version() != manifest_.version()) continue;
      const bool same = SameManifest(other, manifest_);
      const bool in_place =
          fs::path(package->directory).lexically_normal() == fs::path(target()).lexically_normal();
      if (same && !in_place && options_.only_own) continue;
      if (same && VerifyFiles(*package).ok()) return package;
      // What is damaged is put right without being asked.
      if (same && in_place) return nullptr;
      if (!options_.replace) {
        return absl::AlreadyExistsError(base::StrCat(
            Name(),
            same ? " is installed, damaged, in " : " is installed with another content, in ",
            package->directory, "; replace it (--replace), or give the package another version"));
      }
      if (!in_place && !ComesAfter(package->directory)) {
        return absl::FailedPreconditionError(base::StrCat(Name(), " lies in ", package->directory,
                                                          ", which counts before ", target(),
                                                          "; remove it there first"));
      }
    }
    return nullptr;
  }

  // Whether it lies in a directory that counts after the user's own.
  [[nodiscard]] bool ComesAfter(const std::string& directory) const {
    bool own_was = false;
    for (const std::string& root : store_->directories()) {
      const auto within = fs::path(directory).lexically_relative(root);
      if (!within.empty() && *within.begin() != "..") {
        return own_was && fs::path(root).lexically_normal() != fs::path(own_).lexically_normal();
      }
      own_was = own_was || fs::path(root).lexically_normal() == fs::path(own_).lexically_normal();
    }
    return true;
  }

  absl::Status Prepare() {
    Step("installing");
    const std::string folder = base::StrCat(staging_->directory(), "/packages/", manifest_.id());
    staged_ = base::StrCat(folder, "/", manifest_.version());
    absl::Status status = MakeDirectory(folder);
    if (status.ok() && ::rename(unpacked_.c_str(), staged_.c_str()) != 0) {
      status = SystemError(base::StrCat("cannot rename to ", staged_));
    }
    // Read again as the store will read it.
    if (status.ok()) status = LoadPackage(staged_).status();
    if (status.ok()) status = SyncDirectories(folder);
    return status;
  }

  absl::Status Place() const {
    if (cancelled()) return absl::CancelledError("the installation was cancelled");
    std::error_code error;
    const bool taken = fs::exists(fs::symlink_status(target(), error));
    if (taken && options_.give_up) {
      if (absl::Status status = options_.give_up(manifest_.id(), manifest_.version());
          !status.ok()) {
        return status;
      }
    }
    Step("renaming");
    // With its directory where that is missing, so that no empty one is ever left.
    const auto rename = [this](const std::string& from, const std::string& to, unsigned flags) {
      if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0) {
        return absl::OkStatus();
      }
      if (errno == EEXIST) {
        return absl::AlreadyExistsError(
            base::StrCat(Name(), " has just been installed by another"));
      }
      return SystemError(base::StrCat("cannot rename to ", to));
    };
    absl::Status status;
    if (!fs::exists(fs::symlink_status(outer(), error))) {
      status = rename(fs::path(staged_).parent_path().string(), outer(), RENAME_NOREPLACE);
    } else {
      status = rename(staged_, target(), taken ? RENAME_EXCHANGE : RENAME_NOREPLACE);
    }
    if (!status.ok()) return status;
    Step("synchronising");
    // It is in place; a disk that cannot say so is none that more could be done about.
    (void)SyncDirectory(outer());
    (void)SyncDirectory(own_);
    Step("done");
    return absl::OkStatus();
  }

  ModelStore* const store_;
  const std::string own_;
  const std::string source_;
  const InstallOptions& options_;
  Staging* staging_ = nullptr;
  std::string unpacked_;
  std::string staged_;
  v1::ModelManifest manifest_;
  std::uint64_t done_ = 0;
};

}  // namespace

absl::StatusOr<Installed> Install(ModelStore* store, const std::string& store_directory,
                                  const std::string& source, const InstallOptions& options) {
  return Installation(store, store_directory, source, options).Run();
}

absl::Status TakeBack(const std::string& store_directory, const std::string& package_directory) {
  absl::StatusOr<Staging> staging = Staging::Make(store_directory);
  if (!staging.ok()) return staging.status();
  absl::Status status = staging->TakeAway(package_directory);
  // Of <id>/<version>, if it was the last; rmdir does nothing otherwise.
  if (status.ok()) ::rmdir(fs::path(package_directory).parent_path().c_str());
  return status;
}

}  // namespace continuo::model
