// SPDX-License-Identifier: Apache-2.0
// Going to the background, before any thread exists.
//
// Use: Background background = Background::Enter();  // the starter waits here
//      … start serving …
//      background.Release(kExitOk);                  // the starter's exit code
// A daemon that ends before Release() lets its starter end with the daemon's own code.
#pragma once

#include "daemon/base/unique_fd.h"

namespace continuo::app {

class Background {
 public:
  Background() = default;  // stays in the foreground; Release does nothing
  // Returns in the daemon alone: a session of its own, in "/".
  [[nodiscard]] static Background Enter();
  // Ends the starter, and lets go of the terminal.
  void Release(int exit_code);

 private:
  explicit Background(base::UniqueFd starter) : starter_(std::move(starter)) {}
  base::UniqueFd starter_;
};

}  // namespace continuo::app
