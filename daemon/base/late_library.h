// SPDX-License-Identifier: Apache-2.0
// A shared library that is loaded when it is needed first, for what most runs never need.
//
// Threads: not thread-safe; meant for a static that loads once. What it has loaded stays.
// Errors: status() is FAILED_PRECONDITION with the loader's reason and the remedy.
#pragma once

#include <absl/status/status.h>

#include <string>
#include <vector>

namespace continuo::base {

class LateLibrary {
 public:
  // The first of `names` (sonames) that can be loaded. `remedy`: "install libcurl4".
  LateLibrary(const std::vector<const char*>& names, const std::string& remedy);

  // `function` is null where there is no such symbol, and status() says so.
  template <typename Function>
  void Find(const char* name, Function** function) {
    *function = reinterpret_cast<Function*>(Symbol(name));
  }

  [[nodiscard]] const absl::Status& status() const { return status_; }

 private:
  void* Symbol(const char* name);

  void* handle_ = nullptr;
  absl::Status status_;
};

}  // namespace continuo::base
