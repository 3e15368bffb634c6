// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/garbage.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <set>

#include "daemon/base/str_cat.h"
#include "daemon/model/dependencies.h"
#include "daemon/model/local_variants.h"
#include "daemon/model/staging.h"
#include "daemon/model/versions.h"

namespace continuo::model {
namespace {

namespace fs = std::filesystem;

std::uint64_t BytesIn(const std::string& directory) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator entries(directory, error);
       !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    std::error_code ignored;
    if (entries->is_regular_file(ignored) && !entries->is_symlink(ignored)) {
      bytes += entries->file_size(ignored);
    }
  }
  return bytes;
}

// A draft of the choices file lives for moments; one of yesterday is nobody's.
bool IsOldDraft(const fs::directory_entry& entry) {
  std::error_code error;
  return entry.is_regular_file(error) &&
         entry.path().filename().string().rfind("versions.json.", 0) == 0 &&
         fs::file_time_type::clock::now() - entry.last_write_time(error) > std::chrono::hours(1);
}

// <own>/.variants/<id>/<version> of a package that is not installed any more.
void AddOrphanedVariants(ModelStore* store, const std::string& own, std::vector<Garbage>* garbage) {
  std::set<std::string> used;
  for (const auto& package : store->List()->packages) {
    used.insert(LocalVariantsDirectory(own, package->manifest));
  }
  std::error_code error;
  for (fs::directory_iterator ids(own + "/.variants", error);
       !error && ids != fs::directory_iterator(); ids.increment(error)) {
    if (ids->path().filename().string().front() == '.') continue;  // one in the making
    std::error_code inner;
    for (fs::directory_iterator versions(ids->path(), inner);
         !inner && versions != fs::directory_iterator(); versions.increment(inner)) {
      const std::string path = versions->path().string();
      if (used.contains(path)) continue;
      garbage->push_back({path, "variants made here of a package that is gone", BytesIn(path), "",
                          "", /*tree=*/true});
    }
  }
}

void AddOldVersions(ModelStore* store, const std::string& own, std::vector<Garbage>* garbage) {
  const auto listing = store->List();
  for (const auto& package : listing->packages) {
    const std::string& id = package->manifest.id();
    const std::string& version = package->manifest.version();
    const fs::path inside = fs::path(package->directory).lexically_relative(own);
    const auto choice = listing->choices.find(id);
    if (inside.empty() || *inside.begin() == ".." || version == VersionInUse(*listing, id) ||
        (choice != listing->choices.end() && choice->second.previous == version) ||
        !DependentsOf(id, version, *listing).empty()) {
      continue;
    }
    garbage->push_back({package->directory, "an older version, which is not used",
                        BytesIn(package->directory), id, version});
  }
}

}  // namespace

std::vector<Garbage> FindGarbage(ModelStore* store, const std::string& own, bool old_versions) {
  std::vector<Garbage> garbage;
  for (const std::string& path : AbandonedStaging(own)) {
    garbage.push_back(
        {path, "left by an installation that was interrupted", BytesIn(path), "", ""});
  }
  std::error_code error;
  for (fs::directory_iterator entries(own, error); !error && entries != fs::directory_iterator();
       entries.increment(error)) {
    std::error_code ignored;
    const std::string path = entries->path().string();
    if (IsOldDraft(*entries)) {
      garbage.push_back(
          {path, "a draft that was never finished", entries->file_size(ignored), "", ""});
    } else if (entries->is_directory(ignored) && !entries->is_symlink(ignored) &&
               fs::is_empty(path, ignored)) {
      garbage.push_back({path, "an empty directory", 0, "", ""});
    }
  }
  AddOrphanedVariants(store, own, &garbage);
  if (old_versions) AddOldVersions(store, own, &garbage);
  return garbage;
}

void RemoveGarbage(const std::string& own, const std::vector<Garbage>& garbage) {
  (void)SweepStaging(own);
  for (const Garbage& item : garbage) {
    if (!item.id.empty()) continue;
    struct stat info {};
    if (::lstat(item.path.c_str(), &info) != 0) continue;
    if (item.tree && S_ISDIR(info.st_mode)) {
      std::error_code ignored;
      fs::remove_all(item.path, ignored);
      ::rmdir(fs::path(item.path).parent_path().c_str());  // of the last version
    } else if (S_ISDIR(info.st_mode)) {
      ::rmdir(item.path.c_str());  // only if it is empty
    } else {
      ::unlink(item.path.c_str());
    }
  }
}

}  // namespace continuo::model
