// SPDX-License-Identifier: Apache-2.0
#include "daemon/executor/module.h"

#include <absl/strings/str_cat.h>
#include <dlfcn.h>

#include <algorithm>
#include <filesystem>

namespace continuo::executor {
namespace {

bool IsName(const std::string& name) {
  return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<Executor>> OpenExecutor(const std::string& directory,
                                                       const std::string& name) {
  if (!IsName(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("executor '", name, "' is not a name of lower-case letters and digits"));
  }
  const std::string path =
      (std::filesystem::path(directory) / ("libcontinuo-executor-" + name + ".so")).string();
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return absl::NotFoundError(
        absl::StrCat("executor '", name, "' is not installed: there is no ", path));
  }
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    return absl::FailedPreconditionError(absl::StrCat(
        "executor '", name, "' cannot be opened: ", reason != nullptr ? reason : path));
  }
  const auto* module = static_cast<const ExecutorModule*>(dlsym(library, "continuo_executor"));
  if (module == nullptr || module->interface_version != kInterfaceVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is not an executor of this version (interface ",
                     module != nullptr ? module->interface_version : 0, ", wanted ",
                     kInterfaceVersion, "); reinstall it"));
  }
  return std::unique_ptr<Executor>(module->create());
}

}  // namespace continuo::executor
