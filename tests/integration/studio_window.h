// SPDX-License-Identifier: Apache-2.0
// What a test of the studio has in place of a window.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "shared/studio/studio.h"
#include "tests/integration/daemon_process.h"

namespace continuo::test {

// What is posted runs on the test's thread, when it looks.
class Window {
 public:
  studio::Studio::Post post() {
    return [this](std::function<void()> what) {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(what));
    };
  }
  studio::Studio::Listener listener() {
    return {[this](const studio::LinkState& state) { links.push_back(state); },
            [this] { ++models_changed; },
            [this](const std::string& id) { records_added.push_back(id); }};
  }
  // Runs what is posted until the condition holds.
  template <typename Condition>
  bool Until(Condition condition) {
    return Eventually([&] {
      for (;;) {
        std::function<void()> next;
        {
          const std::lock_guard lock(mutex_);
          if (posted_.empty()) break;
          next = std::move(posted_.front());
          posted_.pop_front();
        }
        next();
      }
      return condition();
    });
  }
  bool UntilConnected() {
    return Until([this] {
      return !links.empty() && links.back().what == studio::LinkState::What::kConnected;
    });
  }

  std::vector<studio::LinkState> links;
  int models_changed = 0;
  std::vector<std::string> records_added;

 private:
  std::mutex mutex_;
  std::deque<std::function<void()>> posted_;
};

}  // namespace continuo::test
