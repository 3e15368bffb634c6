// SPDX-License-Identifier: Apache-2.0
// A line on standard error that moves while something takes longer than a second.
// Nothing is shown before that, nor where standard error is not a terminal; the
// line is gone when it ends.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <string>

namespace continuo::ctl {

class Progress {
 public:
  explicit Progress(std::string label);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // A bar; `done` from 0 to 1. Cheap enough to be called for every block.
  void Update(double done);
  // For what has no measure; `step` is shown beside the label.
  void Turn(const std::string& step = "");

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] bool Due();

  const std::string label_;
  const bool terminal_;
  const Clock::time_point start_;
  Clock::time_point next_;
  int turns_ = 0;
  bool shown_ = false;
};

// Runs `work` on another thread, with a Progress that turns; gives what it gives,
// throws what it throws.
template <class Work>
auto WithProgress(const std::string& label, Work work) {
  Progress progress(label);
  auto result = std::async(std::launch::async, std::move(work));
  while (result.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
    progress.Turn();
  }
  return result.get();
}

}  // namespace continuo::ctl
