// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/store.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "daemon/base/str_cat.h"
#include "daemon/base/version.h"
#include "daemon/model/dependencies.h"
#include "daemon/model/local_variants.h"

namespace continuo::model {
namespace {

namespace fs = std::filesystem;

// What changes when a package does: ctime, which no copying tool sets back, so that
// it tells a replaced file from one that is merely as old and as long.
std::string StampOf(const std::string& directory) {
  std::string stamp;
  for (const std::string& path : {directory, directory + "/model.json"}) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return {};
    base::StrAppend(&stamp, info.st_dev, ":", info.st_ino, ":", info.st_size, ":",
                    info.st_ctim.tv_sec, ".", info.st_ctim.tv_nsec, " ");
  }
  return stamp;
}

// Directories in `directory`, by name; one that is missing has none.
absl::StatusOr<std::vector<std::string>> Subdirectories(const std::string& directory) {
  std::vector<std::string> found;
  std::error_code error;
  fs::directory_iterator entries(directory, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code not_a_directory;
    if (entries->path().filename().string().front() == '.') continue;
    if (entries->is_directory(not_a_directory)) found.push_back(entries->path().string());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return absl::UnavailableError(base::StrCat("cannot be read: ", error.message()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool HasManifest(const std::string& directory) {
  std::error_code error;
  return fs::exists(directory + "/model.json", error);
}

// Directories that hold a model.json, in the order in which they count.
std::vector<std::string> Candidates(const std::vector<std::string>& roots,
                                    std::vector<RefusedPackage>* refused) {
  const auto list = [refused](const std::string& directory) {
    auto found = Subdirectories(directory);
    if (found.ok()) return *std::move(found);
    refused->push_back({directory, std::string(found.status().message())});
    return std::vector<std::string>();
  };
  std::vector<std::string> candidates;
  std::set<fs::path> seen;  // the same directory may be named twice
  for (const std::string& root : roots) {
    std::error_code error;
    if (!seen.insert(fs::weakly_canonical(root, error)).second) continue;
    for (const std::string& outer : list(root)) {
      if (HasManifest(outer)) candidates.push_back(outer);
      for (const std::string& inner : list(outer)) {
        if (HasManifest(inner)) candidates.push_back(inner);
      }
    }
  }
  return candidates;
}

auto VersionOf(const Package& package) {
  return base::ParseSemanticVersion(package.manifest.version());
}

// The order of a listing's packages.
class Before {
 public:
  explicit Before(const Choices& choices) : choices_(choices) {}
  bool operator()(const std::shared_ptr<const Package>& a,
                  const std::shared_ptr<const Package>& b) const {
    if (a->manifest.id() != b->manifest.id()) return a->manifest.id() < b->manifest.id();
    if (IsPinned(*a) != IsPinned(*b)) return IsPinned(*a);
    return VersionOf(*a) > VersionOf(*b);
  }

 private:
  [[nodiscard]] bool IsPinned(const Package& package) const {
    const auto choice = choices_.find(package.manifest.id());
    return choice != choices_.end() && choice->second.pinned == package.manifest.version();
  }
  const Choices& choices_;
};

bool Same(const Listing& a, const Listing& b) {
  return a.packages == b.packages && a.choices == b.choices &&
         std::equal(a.refused.begin(), a.refused.end(), b.refused.begin(), b.refused.end(),
                    [](const RefusedPackage& x, const RefusedPackage& y) {
                      return x.path == y.path && x.reason == y.reason;
                    });
}

absl::Status NotFound(const Listing& listing, std::string_view id, std::string_view version) {
  std::set<std::string> ids;
  std::string versions;
  for (const auto& package : listing.packages) {
    ids.insert(package->manifest.id());
    if (package->manifest.id() != id) continue;
    base::StrAppend(&versions, versions.empty() ? "" : ", ", package->manifest.version());
  }
  std::string message = versions.empty()
                            ? base::StrCat("model '", id, "' is not installed; there ")
                            : base::StrCat("model '", id, "' has no version ", version, "; there ");
  if (!versions.empty()) {
    base::StrAppend(&message, "is ", versions);
  } else if (ids.empty()) {
    base::StrAppend(&message, "are no models");
  } else {
    base::StrAppend(&message, "are");
    std::string_view separator = " ";
    for (const std::string& known : ids) {
      base::StrAppend(&message, std::exchange(separator, ", "), known);
    }
  }
  for (const RefusedPackage& refused : listing.refused) {
    const fs::path path = refused.path;
    if (path.filename() == fs::path(id) || path.parent_path().filename() == fs::path(id)) {
      base::StrAppend(&message, "; ", refused.path, " was refused: ", refused.reason);
    }
  }
  return absl::NotFoundError(message);
}

}  // namespace

ModelStore::ModelStore(std::vector<std::string> directories, std::string choices_file)
    : directories_(std::move(directories)), choices_file_(std::move(choices_file)) {}

std::shared_ptr<const Listing> ModelStore::List() {
  const absl::MutexLock lock(&mutex_);
  auto listing = std::make_shared<Listing>();
  std::map<std::string, Known> known;
  std::map<std::pair<std::string, std::string>, std::string> taken;  // id and version to path
  for (const std::string& directory : Candidates(directories_, &listing->refused)) {
    // Stamped before it is read: a change while reading shows the next time.
    Known entry{StampOf(directory), nullptr};
    const auto before = known_.find(directory);
    if (before != known_.end() && before->second.stamp == entry.stamp) {
      entry.package = before->second.package;
    } else {
      absl::StatusOr<Package> package = LoadPackage(directory);
      if (!package.ok()) {
        listing->refused.push_back({directory, std::string(package.status().message())});
        continue;
      }
      entry.package = std::make_shared<const Package>(*std::move(package));
    }
    const v1::ModelManifest& manifest = entry.package->manifest;
    const auto [first, added] = taken.try_emplace({manifest.id(), manifest.version()}, directory);
    if (added) {
      listing->packages.push_back(entry.package);
    } else {
      listing->refused.push_back({directory, base::StrCat(manifest.id(), " ", manifest.version(),
                                                          " is taken from ", first->second)});
    }
    known[directory] = std::move(entry);
  }
  if (!choices_file_.empty()) {
    absl::StatusOr<Choices> choices = ReadChoices(choices_file_);
    if (choices.ok()) {
      listing->choices = *std::move(choices);
    } else {
      listing->refused.push_back({choices_file_, std::string(choices.status().message())});
    }
  }
  std::sort(listing->packages.begin(), listing->packages.end(), Before(listing->choices));
  known_ = std::move(known);
  if (!Same(*listing, *listing_)) {
    listing->generation = listing_->generation + 1;
    listing_ = std::move(listing);
  }
  return listing_;
}

absl::StatusOr<std::shared_ptr<const Package>> ModelStore::Find(std::string_view id,
                                                                std::string_view version) {
  const std::shared_ptr<const Listing> listing = List();
  for (const auto& package : listing->packages) {
    if (package->manifest.id() != id) continue;
    if (version.empty() || package->manifest.version() == version) return package;
  }
  return NotFound(*listing, id, version);
}

absl::StatusOr<std::shared_ptr<const Package>> ModelStore::FindToRun(std::string_view id,
                                                                     std::string_view version) {
  absl::StatusOr<std::shared_ptr<const Package>> found = Find(id, version);
  if (found.ok() || !substitutes_) return found;
  v1::Dependency wanted;
  wanted.set_id(std::string(id));
  wanted.set_minimum_version(std::string(version));
  std::shared_ptr<const Package> best;
  for (const auto& package : List()->packages) {
    const v1::ModelManifest& manifest = package->manifest;
    // Not by the order of the list: a pinned one is not the newest.
    if (Meets(manifest.id(), manifest.version(), wanted) &&
        (!best || base::ParseSemanticVersion(manifest.version()) >
                      base::ParseSemanticVersion(best->manifest.version()))) {
      best = package;
    }
  }
  if (best) return best;
  return found;
}

std::string InPlaceOf(std::string_view version_asked, const v1::ModelManifest& manifest) {
  if (version_asked.empty() || version_asked == manifest.version()) return {};
  return base::StrCat(manifest.id(), " ", manifest.version(), " in place of ", version_asked,
                      ", which is not installed");
}

std::string ModelStore::own_directory() const {
  return fs::path(choices_file_).parent_path().string();
}

Runnable ModelStore::ToRun(const std::shared_ptr<const Package>& package) {
  Runnable run{package, ""};
  const auto listing = [this] {
    const absl::MutexLock lock(&mutex_);
    return listing_;  // as it was when the package was found: a moment ago
  }();
  if (const auto choice = listing->choices.find(package->manifest.id());
      choice != listing->choices.end()) {
    run.wish = choice->second.variant;
  }
  Package more = *package;
  if (!choices_file_.empty()) {
    const std::string directory = LocalVariantsDirectory(own_directory(), package->manifest);
    const auto local = ReadLocalVariants(directory);
    if (local.ok() && local->variants_size() > 0) {
      more = WithLocalVariants(*package, directory, *local);
    }
  }
  if (refine_) refine_(&more.manifest);
  run.package = std::make_shared<const Package>(std::move(more));
  return run;
}

absl::Status ModelStore::ChangeChoices(const std::function<absl::Status(Choices*)>& change) {
  if (choices_file_.empty()) {
    return absl::FailedPreconditionError("there is no directory of the user's own models");
  }
  const absl::MutexLock lock(&choices_mutex_);
  absl::StatusOr<Choices> choices = ReadChoices(choices_file_);
  if (!choices.ok()) return choices.status();
  if (absl::Status status = change(&*choices); !status.ok()) return status;
  return WriteChoices(choices_file_, *choices);
}

}  // namespace continuo::model
