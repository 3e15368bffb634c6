// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

#include "daemon/base/thread.h"

namespace continuo::supervisor {
namespace {

constexpr std::uint64_t kWakeToken = 0;
constexpr int kEventsAtOnce = 64;

base::UniqueFd CheckedFd(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return base::UniqueFd(fd);
}

}  // namespace

EventLoop::EventLoop()
    : epoll_(CheckedFd(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(CheckedFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeToken;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

EventLoop::~EventLoop() {
  if (!thread_.joinable()) return;
  Post([this] {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  });
  thread_.join();
}

void EventLoop::Start() {
  thread_ = std::thread([this] {
    base::NameThread("supervisor");
    Run();
  });
}

void EventLoop::Post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
    if (posted_.size() > 1) return;  // woken already
  }
  const std::uint64_t one = 1;
  // Cannot fail: the counter is far from its limit and the descriptor is ours.
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void EventLoop::Watch(int fd, std::uint32_t events, Ready ready) {
  auto watched = std::make_shared<Watched>(Watched{next_token_++, std::move(ready)});
  epoll_event event{};
  event.events = events;
  event.data.u64 = watched->token;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
  by_token_[watched->token] = watched;
  watched_[fd] = std::move(watched);
}

void EventLoop::Rewatch(int fd, std::uint32_t events) {
  const auto found = watched_.find(fd);
  if (found == watched_.end()) return;
  epoll_event event{};
  event.events = events;
  event.data.u64 = found->second->token;
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::Unwatch(int fd) {
  const auto found = watched_.find(fd);
  if (found == watched_.end()) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  by_token_.erase(found->second->token);
  watched_.erase(found);
}

EventLoop::TimerId EventLoop::RunAfter(Clock::duration delay, Task task) {
  const TimerId id{Clock::now() + delay, next_token_++};
  timers_.emplace(id, std::move(task));
  return id;
}

void EventLoop::Cancel(TimerId timer) { timers_.erase(timer); }

int EventLoop::MillisecondsToNextTimer() const {
  if (timers_.empty()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first.first - Clock::now());
  return static_cast<int>(
      std::clamp<std::int64_t>(left.count(), 0, std::numeric_limits<int>::max()));
}

void EventLoop::RunPosted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(wake_.get(), &count, sizeof count);
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (const Task& task : tasks) task();
}

void EventLoop::RunTimers() {
  const auto now = Clock::now();
  // One that a timer sets for "at once" waits for the next round: descriptors come between.
  const std::uint64_t first_new = next_token_;
  for (auto next = timers_.begin(); next != timers_.end() && next->first.first <= now;) {
    if (next->first.second >= first_new) {
      ++next;
      continue;
    }
    const Task task = std::move(next->second);
    timers_.erase(next);
    task();
    next = timers_.begin();
  }
}

void EventLoop::Run() {
  epoll_event events[kEventsAtOnce];
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_ && posted_.empty()) return;
    }
    const int count = epoll_wait(epoll_.get(), events, kEventsAtOnce, MillisecondsToNextTimer());
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == kWakeToken) {
        RunPosted();
        continue;
      }
      const auto found = by_token_.find(events[i].data.u64);
      if (found == by_token_.end()) continue;  // unwatched by an event before it
      const std::shared_ptr<Watched> watched = found->second;
      watched->ready(events[i].events);
    }
    // After the descriptors: a daemon that was stopped hears its runners' answers first.
    RunTimers();
  }
}

}  // namespace continuo::supervisor
