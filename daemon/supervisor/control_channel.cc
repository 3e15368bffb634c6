// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/control_channel.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "daemon/base/str_cat.h"

namespace continuo::supervisor {
namespace {

// The system's limit for a datagram is about 200 KiB, so nothing longer arrives.
constexpr std::size_t kReceiveBytes = 256U << 10;
// A runner that reads nothing for so many messages hangs.
constexpr std::size_t kMaxQueued = 8192;

}  // namespace

ControlChannel::ControlChannel(EventLoop* loop, int socket, Handlers handlers)
    : loop_(loop), socket_(socket), handlers_(std::move(handlers)) {
  loop_->Watch(socket_, EPOLLIN, [this](std::uint32_t events) {
    if ((events & EPOLLOUT) != 0) Flush();
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) ReadAll();
  });
}

ControlChannel::~ControlChannel() {
  if (!broken_) loop_->Unwatch(socket_);
}

void ControlChannel::Send(const internal::ToRunner& message) {
  if (broken_) return;
  if (queue_.size() >= kMaxQueued) {
    Break(base::StrCat("it has not read ", queue_.size(), " messages"));
    return;
  }
  queue_.push_back(message.SerializeAsString());
  if (queue_.size() == 1) Flush();
}

void ControlChannel::Flush() {
  while (!broken_ && !queue_.empty()) {
    const std::string& next = queue_.front();
    if (::send(socket_, next.data(), next.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) {
      queue_.pop_front();
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      loop_->Rewatch(socket_, EPOLLIN | EPOLLOUT);
      return;
    } else if (errno == EMSGSIZE) {
      Break(base::StrCat("a message of ", next.size(), " bytes is too long for its socket"));
    } else if (errno != EINTR) {
      // It has gone; what it said before is still to be read, and its end to be told.
      queue_.clear();
    }
  }
  if (!broken_) loop_->Rewatch(socket_, EPOLLIN);
}

void ControlChannel::ReadAll() {
  buffer_.resize(kReceiveBytes);
  while (!broken_) {
    const ssize_t size = ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) Break(std::strerror(errno));
      return;
    }
    if (size == 0) {
      Break("");
      return;
    }
    internal::FromRunner message;
    if (static_cast<std::size_t>(size) > buffer_.size() ||
        !message.ParseFromArray(buffer_.data(), static_cast<int>(size))) {
      Break(base::StrCat("it sent ", size, " bytes that are no message"));
      return;
    }
    handlers_.message(message);
  }
}

void ControlChannel::Break(const std::string& why) {
  if (std::exchange(broken_, true)) return;
  loop_->Unwatch(socket_);
  queue_.clear();
  handlers_.broken(why);
}

}  // namespace continuo::supervisor
