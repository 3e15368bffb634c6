// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/runner.h"

#include <sys/epoll.h>

#include <chrono>
#include <utility>

#include "daemon/base/str_cat.h"

namespace continuo::supervisor {
namespace {

constexpr std::chrono::seconds kShutdownPatience{2};

}  // namespace

absl::StatusOr<std::unique_ptr<Runner>> Runner::Start(EventLoop* loop, const RunnerOptions& options,
                                                      Handlers handlers) {
  absl::StatusOr<RunnerProcess> process = RunnerProcess::Spawn(options);
  if (!process.ok()) return process.status();
  return std::unique_ptr<Runner>(new Runner(loop, *std::move(process), std::move(handlers)));
}

Runner::Runner(EventLoop* loop, RunnerProcess process, Handlers handlers)
    : loop_(loop), process_(std::move(process)), handlers_(std::move(handlers)) {
  channel_ = std::make_unique<ControlChannel>(
      loop_, process_.socket(),
      ControlChannel::Handlers{[this](const internal::FromRunner& message) { OnMessage(message); },
                               [this](const std::string& why) {
                                 // A runner that ends closes its socket first: how it ended is told
                                 // in a moment.
                                 if (!why.empty()) Kill(why);
                                 if (why.empty() && kill_timer_ == EventLoop::kNoTimer) {
                                   kill_timer_ = loop_->RunAfter(kShutdownPatience, [this] {
                                     Kill("it closed its control socket");
                                   });
                                 }
                               }});
  loop_->Watch(process_.pidfd(), EPOLLIN, [this](std::uint32_t) { OnEnded(); });
}

Runner::~Runner() {
  loop_->Cancel(kill_timer_);
  channel_.reset();
  if (ended_) return;
  loop_->Unwatch(process_.pidfd());
  process_.Kill();
  static_cast<void>(process_.Reap());
}

std::uint64_t Runner::Ping() {
  internal::ToRunner message;
  message.set_ping(++last_ping_);
  Send(message);
  return last_ping_;
}

std::uint64_t Runner::CountSilence() {
  const bool answered = std::exchange(pong_when_counted_, last_pong_) != last_pong_;
  silence_ = answered || last_ping_ == 0 ? 0 : silence_ + 1;
  Ping();
  return silence_;
}

void Runner::Shutdown() {
  if (std::exchange(asked_, true) || ended_) return;
  internal::ToRunner message;
  message.mutable_shutdown();
  Send(message);
  loop_->Cancel(kill_timer_);
  kill_timer_ = loop_->RunAfter(kShutdownPatience, [this] { process_.Kill(); });
}

void Runner::Kill(const std::string& why) {
  if (ended_ || std::exchange(killed_, true)) return;
  why_killed_ = why;
  process_.Kill();
}

void Runner::OnMessage(const internal::FromRunner& message) {
  if (message.has_hello()) {
    scheduling_ = message.hello().scheduling();
    confinement_ = message.hello().confinement();
  }
  if (message.has_pong()) {
    if (message.pong().number() <= last_pong_ || message.pong().number() > last_ping_) return;
    last_pong_ = message.pong().number();
    if (!message.pong().scheduling().empty()) scheduling_ = message.pong().scheduling();
  }
  handlers_.message(message);
}

void Runner::OnEnded() {
  channel_->ReadAll();
  loop_->Unwatch(process_.pidfd());
  loop_->Cancel(kill_timer_);
  ended_ = true;
  std::string reason = process_.Reap();
  if (!why_killed_.empty()) reason = base::StrCat(reason, ", ended because ", why_killed_);
  handlers_.ended(reason, asked_);
}

}  // namespace continuo::supervisor
