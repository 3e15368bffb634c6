// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/paths.h"

#include <absl/status/status.h>
#include <absl/strings/str_split.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "daemon/base/str_cat.h"
#include "daemon/base/unique_fd.h"

namespace continuo::base {
namespace {

namespace fs = std::filesystem;

// An environment variable that holds an absolute path; XDG says to ignore others.
std::string AbsoluteFromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && value[0] == '/' ? value : "";
}

std::string Home() {
  if (std::string home = AbsoluteFromEnvironment("HOME"); !home.empty()) return home;
  passwd entry{};
  passwd* found = nullptr;
  char buffer[4096];
  const int error = ::getpwuid_r(::getuid(), &entry, buffer, sizeof buffer, &found);
  return error == 0 && found != nullptr ? found->pw_dir : "/";
}

std::string XdgDir(const char* variable, const char* below_home) {
  std::string base = AbsoluteFromEnvironment(variable);
  if (base.empty()) base = Home() + below_home;
  return base + "/continuo";
}

bool IsDirectory(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

absl::Status MakeParents(const fs::path& path) {
  const fs::path parent = path.parent_path();
  if (parent == path || parent.empty() || IsDirectory(parent)) return absl::OkStatus();
  if (absl::Status status = MakeParents(parent); !status.ok()) return status;
  if (::mkdir(parent.c_str(), 0700) != 0 && errno != EEXIST) {
    return absl::ErrnoToStatus(errno, StrCat("cannot make directory ", parent.string()));
  }
  return absl::OkStatus();
}

}  // namespace

std::string RuntimeDir() {
  const std::string base = AbsoluteFromEnvironment("XDG_RUNTIME_DIR");
  return base.empty() ? StrCat("/tmp/continuo-", ::getuid()) : base + "/continuo";
}

std::string DataDir() { return XdgDir("XDG_DATA_HOME", "/.local/share"); }
std::string ConfigDir() { return XdgDir("XDG_CONFIG_HOME", "/.config"); }
std::string StateDir() { return XdgDir("XDG_STATE_HOME", "/.local/state"); }

std::string ExpandHome(const std::string& path) {
  const bool at_home = path == "~" || path.rfind("~/", 0) == 0;
  return at_home ? Home() + path.substr(1) : path;
}

absl::Status EnsurePrivateDir(const std::string& path) {
  if (absl::Status status = MakeParents(path); !status.ok()) return status;
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return absl::ErrnoToStatus(errno, StrCat("cannot make directory ", path));
  }
  // Everything from here on is about the directory that was opened, whatever the
  // name is made to point at meanwhile.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ENOTDIR || errno == ELOOP) {
      return absl::FailedPreconditionError(
          StrCat(path, " is a symbolic link or no directory; remove it"));
    }
    return absl::ErrnoToStatus(errno, StrCat("cannot open directory ", path));
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return absl::ErrnoToStatus(errno, path);
  if (info.st_uid != ::geteuid()) {
    return absl::FailedPreconditionError(StrCat(path, " belongs to user ", info.st_uid,
                                                ", not to user ", ::geteuid(),
                                                "; remove it or set XDG_RUNTIME_DIR"));
  }
  if ((info.st_mode & 0022) != 0) {
    return absl::FailedPreconditionError(
        StrCat(path, " can be written by others; check what it holds, then chmod 700 it"));
  }
  if ((info.st_mode & 0077) != 0 && ::fchmod(fd.get(), 0700) != 0) {
    return absl::ErrnoToStatus(errno, StrCat("cannot make ", path, " private"));
  }
  return absl::OkStatus();
}

std::string InstalledPrefix() {
  std::error_code error;
  // " (deleted)" after an upgrade is part of the last component, which goes anyway.
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return program.parent_path().parent_path().string();
}

std::string ModuleDir() {
  if (std::string dir = AbsoluteFromEnvironment("CONTINUO_MODULE_DIR"); !dir.empty()) return dir;
  const fs::path prefix = InstalledPrefix();
  const fs::path configured = prefix / CONTINUO_LIBDIR / "continuo";
  return (IsDirectory(configured) ? configured : prefix / "lib/continuo").string();
}

std::vector<std::string> InstalledExecutors() {
  constexpr std::string_view kPrefix = "libcontinuo-executor-";
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entries(ModuleDir(), error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string stem = entries->path().stem().string();
    if (entries->path().extension() == ".so" && stem.rfind(kPrefix, 0) == 0) {
      names.push_back(stem.substr(kPrefix.size()));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string BuiltinModelDir() { return InstalledPrefix() + "/share/continuo/models"; }

std::vector<std::string> ModelPath(const std::vector<std::string>& configured) {
  std::vector<std::string> path;
  if (const char* value = std::getenv("CONTINUO_MODEL_PATH"); value != nullptr) {
    path = absl::StrSplit(value, ':', absl::SkipEmpty());
  }
  path.insert(path.end(), configured.begin(), configured.end());
  path.push_back(DataDir() + "/models");
  path.push_back(BuiltinModelDir());
  return path;
}

}  // namespace continuo::base
