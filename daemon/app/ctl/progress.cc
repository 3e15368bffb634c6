// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/progress.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace continuo::ctl {

Progress::Progress(std::string label)
    : label_(std::move(label)),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      next_(start_ + std::chrono::seconds(1)) {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

bool Progress::Due() {
  if (!terminal_ || Clock::now() < next_) return false;
  next_ = Clock::now() + std::chrono::milliseconds(100);
  shown_ = true;
  return true;
}

void Progress::Update(double done) {
  if (!Due()) return;
  constexpr int kWidth = 30;
  done = std::clamp(done, 0.0, 1.0);
  const int filled = static_cast<int>(done * kWidth);
  const double elapsed_s = std::chrono::duration<double>(Clock::now() - start_).count();
  const double left_s = done > 0 ? elapsed_s / done - elapsed_s : 0;
  fmt::print(stderr, "\r\033[K{} [{:=<{}}{: <{}}] {:3.0f} %, {:.0f} s left", label_, "", filled, "",
             kWidth - filled, done * 100, left_s);
  std::fflush(stderr);
}

void Progress::Turn(const std::string& step) {
  if (!Due()) return;
  fmt::print(stderr, "\r\033[K{}{}{} {}", label_, step.empty() ? "" : ": ", step,
             "|/-\\"[turns_++ % 4]);
  std::fflush(stderr);
}

}  // namespace continuo::ctl
