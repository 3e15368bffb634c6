// SPDX-License-Identifier: Apache-2.0
#include "daemon/base/late_library.h"

#include <dlfcn.h>

#include "daemon/base/str_cat.h"

namespace continuo::base {

LateLibrary::LateLibrary(const std::vector<const char*>& names, const std::string& remedy) {
  std::string reasons;
  for (const char* name : names) {
    handle_ = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle_ != nullptr) return;
    StrAppend(&reasons, reasons.empty() ? "" : "; ", dlerror());
  }
  status_ = absl::FailedPreconditionError(StrCat(reasons, "; ", remedy));
}

void* LateLibrary::Symbol(const char* name) {
  if (handle_ == nullptr) return nullptr;
  void* const symbol = dlsym(handle_, name);
  if (symbol == nullptr && status_.ok()) {
    status_ = absl::FailedPreconditionError(StrCat("the library has no ", name));
  }
  return symbol;
}

}  // namespace continuo::base
